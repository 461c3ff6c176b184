"""Whether a program of this pod speaks TLS at a port.

Pebble cannot tell: its TCP check ends the connection before the handshake, which Go's servers report as an error every
time, its HTTP check wants a certificate that the image trusts, and images of Go programs have nothing for an exec check
to run. Source: net/http's `conn.serve`, and Pebble's internals/overlord/checkstate/checkers.go.
"""

import contextlib
import functools
import socket
import typing

if typing.TYPE_CHECKING:
    import ssl

SECONDS = 2
LOOPBACK = ("127.0.0.1", "::1")


def completes(port: int) -> bool:
    """Tell whether a handshake at this port of the pod, by IPv4 or IPv6, comes to its end, whoever signed for it."""
    return any(_completes(address, port) for address in LOOPBACK)


def _completes(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), SECONDS) as connection:
        secured = _context().wrap_socket(connection)
        # Ended in the way of TLS: what is cut off with something unread is an error to the program as well.
        with secured, contextlib.suppress(OSError):
            secured.unwrap()
        return True
    return False


@functools.cache
def _context() -> "ssl.SSLContext":
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The question is whether the program answers: whom it answers as is for the API server to verify.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
