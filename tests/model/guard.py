"""Keeps hooks off every network but the cluster's, and tells what they tried.

Services of the cluster, and programs of the unit's own pod, answer every HTTP request with success, as none runs.
"""

import contextlib
import http.server
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from support.answering import answering

LOCAL = "127.0.0.1"
SERVICES = (".svc", ".svc.cluster.local")
"""How names of the cluster's Services end."""
POD = "localhost"
"""The unit's own pod."""


class Guard:
    """What hooks have tried to reach.

    Attributes:
        watching: whether a hook is running.
        tried: addresses and names other than the cluster's.
    """

    def __init__(self, *allowed: int) -> None:
        self.watching = False
        self.tried: list[str] = []
        self._allowed = {(LOCAL, port) for port in allowed}

    def check(self, where: object) -> None:
        """Refuse what is not the cluster.

        Raises:
            OSError: it is something else; a machine without a way out says the same.
        """
        if not self.watching or isinstance(where, (str, bytes)) or where in self._allowed:
            return
        self.tried.append(str(where))
        raise OSError(f"network is unreachable: {where}")


class Answer(http.server.BaseHTTPRequestHandler):
    """Any service of the cluster."""

    def handle_any(self) -> None:
        """Say that all is well."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing about it."""


for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
    setattr(Answer, f"do_{method}", Answer.handle_any)


@contextlib.contextmanager
def guarded(port: int) -> Iterator[Guard]:
    """Let hooks reach nothing but the cluster.

    Args:
        port: where on this machine the cluster's API is.
    """
    connect, look_up = socket.socket.connect, socket.getaddrinfo
    server = http.server.ThreadingHTTPServer((LOCAL, 0), Answer)
    with answering(server), pytest.MonkeyPatch.context() as patch:
        guard = Guard(port, server.server_port)

        def connect_guarded(self: socket.socket, address: Any) -> None:
            guard.check(address)
            connect(self, address)

        def look_up_guarded(host: Any, service: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(host, str) and (host == POD or host.endswith(SERVICES)):
                host, service = LOCAL, server.server_port
            guard.check((host, service))
            return look_up(host, service, *arguments, **options)

        patch.setattr(socket.socket, "connect", connect_guarded)
        patch.setattr(socket, "getaddrinfo", look_up_guarded)
        yield guard
