"""Tell how a charm's own small program is, for the pod's checks; with Python's standard library alone."""

import contextlib
import http.server
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any


class Server(http.server.ThreadingHTTPServer):
    """A server at an address, or at all of the pod's, of both kinds where there are both."""

    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self) -> None:
        """Take IPv4 at the socket for IPv6 as well, whatever the node's default is."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Local(http.server.ThreadingHTTPServer):
    """A server for the pod alone."""


def serve(port: int, answers: Mapping[str, Callable[[], bool]], *, local: bool = False) -> None:
    """Answer 200 or 503 at each path, in a thread of its own.

    Args:
        port: where to answer.
        answers: by path: whether all is well.
        local: whether only the pod itself may ask.
    """

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = answers.get(self.path)
            code = 404 if asked is None else 200 if asked() else 503
            with contextlib.suppress(ConnectionError):  # on a busy machine Pebble does not wait
                self.send_response(code)
                self.end_headers()

        def log_message(self, format: str, *_: Any) -> None:
            """Keep the log to what changes."""

    server = Local(("127.0.0.1", port), Answer) if local else Server(("", port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
