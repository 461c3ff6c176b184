"""Servers of this process."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from typing import TypeVar

Server = TypeVar("Server", bound=socketserver.BaseServer)

PACE = 0.01
"""Seconds after which a server sees that it is to end."""


@contextlib.contextmanager
def answering(server: Server) -> Iterator[Server]:
    """Let a server answer while the body runs, and close it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": PACE}, daemon=True)
    with server:
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
