"""Answer what Envoy asks before it lets a request pass, with the request's own method, path and headers.

The body comes with a question where Envoy's configuration says so (`with_request_body`), whole or not at all.

With nothing but Python's standard library, for charms' small programs in containers of their own. Source of question
and answer: Envoy's API v3, extensions.filters.http.ext_authz.v3.HttpService.
"""

import dataclasses
import http.server
import json
from collections.abc import Callable, Mapping
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Of requests that Envoy asks about; all others are refused."""
MOST = 4 * 1024 * 1024
"""Bytes of a body that are read at all; Envoy is told to send fewer."""


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


def content(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body, which every parser reads alike; empty for an empty body.

    Raises:
        ValueError: it is none, or a name comes twice in it.
    """
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once) if body.strip() else {}
    except RecursionError as error:
        raise ValueError("too many levels") from error
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def handler(
    answer: Callable[[str, str, Mapping[str, str], bytes], Answer],
) -> type[http.server.BaseHTTPRequestHandler]:
    """Return what a server of Python's answers by: 200 at /healthz, and what is said to any other question.

    Args:
        answer: gets the request's method, its path with the query, its headers, whatever their letters' case, and
            its body, which is empty where Envoy sends none.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            # Envoy says itself how long the body is that it sends: 0 for none, whatever the original's headers tell.
            length = self.headers.get("content-length") or "0"
            if not length.isdecimal() or int(length) > MOST:
                self.send_error(413)
                return
            body = self.rfile.read(int(length))
            health = self.path == "/healthz"
            headers: Mapping[str, str] = self.headers  # type: ignore[assignment]
            said = Answer(200) if health else answer(self.command, self.path, headers, body)
            text = f"{said.text}\n".encode() if said.text else b""
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def log_message(self, format: str, *_: Any) -> None:
            """Say nothing of single requests, whose paths name what users do."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler
