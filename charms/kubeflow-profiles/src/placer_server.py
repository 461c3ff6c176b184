"""The placer's health, and the file with which it tells what is wrong; runs beside `placer`."""

import contextlib
import http.server
import pathlib
import socket
import threading
from collections.abc import Callable
from typing import Any

PLACED = "/placed"


class Server(http.server.ThreadingHTTPServer):
    """A server at all of the pod's addresses, of both kinds where there are both."""

    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self) -> None:
        """Take IPv4 at the socket for IPv6 as well, whatever the node's default is."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(port: int, healthy: Callable[[], bool], placed: Callable[[], bool]) -> None:
    """Answer 200 while the program is healthy, and at `/placed` while all is placed; where not, log and report say why.

    Args:
        port: where to answer.
        healthy: tells whether passes are made.
        placed: tells whether nothing is wrong.
    """

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            well = healthy() and (self.path != PLACED or placed())
            with contextlib.suppress(ConnectionError):  # on a busy machine Pebble does not wait
                self.send_response(200 if well else 503)
                self.end_headers()

        def log_message(self, format: str, *_: Any) -> None:
            """Keep the log to what changes."""

    server = Server(("", port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def write(path: pathlib.Path, text: str) -> None:
    """Write a file that is never seen half written."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)
