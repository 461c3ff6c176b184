"""Answer what Envoy asks before it lets a request pass, with the request's own method, path and headers.

With nothing but Python's standard library, for charms' small programs in containers of their own. Source of question
and answer: Envoy's API v3, extensions.filters.http.ext_authz.v3.HttpService.
"""

import dataclasses
import http.server
from collections.abc import Callable, Mapping
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Of requests that Envoy asks about; all others are refused."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What Envoy is told.

    Attributes:
        status: 200 to let the request pass; any other is the answer to it.
        text: the answer's, a line in words.
        headers: of the answer; of a request that passes, what Envoy's configuration adds to it.
    """

    status: int
    text: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def handler(answer: Callable[[str, str, Mapping[str, str]], Answer]) -> type[http.server.BaseHTTPRequestHandler]:
    """Return what a server of Python's answers by: 200 at /healthz, and what is said to any other question.

    Args:
        answer: gets the request's method, its path with the query, and its headers, whatever their letters' case.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            # Envoy sends no body, but the original's headers may tell of one.
            health = self.path == "/healthz"
            said = Answer(200) if health else answer(self.command, self.path, self.headers)  # type: ignore[arg-type]
            body = f"{said.text}\n".encode() if said.text else b""
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *_: Any) -> None:
            """Say nothing of single requests, whose paths name what users do."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler
