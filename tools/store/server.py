"""The store over HTTP."""

from __future__ import annotations

import http.server
import json
import logging
import shutil
import socket
import sys
import typing
import urllib.parse

from tools.store.answers import Answers, Json, RefusedError
from tools.store.index import Snapshot, Store
from tools.store.model import Revision, StoreError

logger = logging.getLogger(__name__)

REQUEST_LIMIT = 4 << 20
"""Bytes of a request's body; Juju's own, for a controller with hundreds of applications, stay far below."""

STATUS = {"bad-argument": 400, "invalid-channel": 400, "payload-too-large": 413}
"""HTTP status of a refused request by its code; every other code is 404."""


class Server(http.server.ThreadingHTTPServer):
    """Serves one store's folder until `shutdown` is called."""

    daemon_threads = True

    def __init__(self, store: Store, host: str, port: int, public_url: str = ""):
        """Listen.

        Args:
            store: what is served.
            host: the address to listen on.
            port: the port to listen on; 0 takes a free one.
            public_url: where clients reach the store, if not at the address that they send in `Host`.

        Raises:
            StoreError: when the address cannot be listened on.
        """
        self.store = store
        self.public_url = public_url.rstrip("/")
        self._reported: tuple[str, ...] = ()
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), Handler)
        except (OSError, OverflowError) as error:
            raise StoreError(f"cannot listen on {host}:{port}: {error}; choose --host and --port") from None

    @property
    def url(self) -> str:
        """The address served, for people and tests."""
        host, port = self.server_address[:2]
        shown = f"[{host}]" if self.address_family == socket.AF_INET6 else host
        return self.public_url or f"http://{shown}:{port}"

    def snapshot(self) -> Snapshot:
        """Read the store, and log each new problem in it once.

        Raises:
            StoreError: when the folder cannot be read.
        """
        snapshot = self.store.read()
        for problem in snapshot.problems:
            if problem not in self._reported:
                logger.warning("not served: %s", problem)
        self._reported = snapshot.problems
        return snapshot

    def handle_error(self, request: object, client_address: typing.Any) -> None:
        """Log what went wrong; a client that went away is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            logger.exception("a request of %s failed", client_address[0])


class Handler(http.server.BaseHTTPRequestHandler):
    """Turns requests into questions to `Answers`."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Answer find, info, resources and downloads."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Answer refresh."""
        self._answer(self._post)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request without the long list of fields that Juju asks for."""
        path = self.path.partition("?")[0]
        logger.info("%s %s %s %s", self.address_string(), self.command, path, int(code))

    def log_error(self, format: str, *args: typing.Any) -> None:
        """Keep connections that idled too long out of the log; failed requests are in it by their status."""
        logger.debug(format, *args)

    def log_message(self, format: str, *args: typing.Any) -> None:
        """Log to the program's log instead of standard error."""
        logger.info("%s %s", self.address_string(), format % args)

    def _answer(self, handle: typing.Callable[[Answers, list[str]], Json | bytes | Revision]) -> None:
        url = urllib.parse.urlsplit(self.path)
        parts = [urllib.parse.unquote(part) for part in url.path.split("/") if part]
        try:
            host = self.headers.get("Host")
            base = self.server.public_url or (f"http://{host}" if host else self.server.url)
            answer = handle(Answers(self.server.snapshot(), base), parts)
        except RefusedError as refusal:
            self._send_json(STATUS.get(refusal.body["code"], 404), {"error-list": [refusal.body]})
        except StoreError as error:
            logger.error("%s", error)
            self._send_json(500, {"error-list": [{"code": "api-error", "message": str(error)}]})
        else:
            if isinstance(answer, dict):
                self._send_json(200, answer)
            elif isinstance(answer, bytes):
                self._send(200, "application/octet-stream", answer)
            else:
                self._send_archive(answer)

    def _get(self, answers: Answers, parts: list[str]) -> Json | bytes | Revision:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        match parts:
            case ["v2", "charms", "find"]:
                return answers.find(query.get("q", ""), query.get("type", ""))
            case ["v2", "charms", "info", name]:
                return answers.info(name, query.get("channel", ""))
            case ["v2", "charms", "resources", name, resource, "revisions"]:
                return answers.resources(name, resource)
            case ["download", name, revision] if revision.isdecimal():
                return answers.archive(name, int(revision))
            case ["resource", name, resource, revision] if revision.isdecimal():
                return answers.document(name, resource, int(revision))
            case _:
                raise RefusedError("not-found", f"the store has nothing at {self.path}")

    def _post(self, answers: Answers, parts: list[str]) -> Json:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > REQUEST_LIMIT:
            self.close_connection = True
            raise RefusedError("payload-too-large", f"a request needs a Content-Length up to {REQUEST_LIMIT}")
        body = self.rfile.read(int(length))
        if parts != ["v2", "charms", "refresh"]:
            raise RefusedError("not-found", f"the store has nothing at {self.path}")
        try:
            request = json.loads(body)
        except ValueError:
            raise RefusedError("bad-argument", "the request's body is not JSON") from None
        return answers.refresh(request)

    def _send_json(self, status: int, body: Json) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self._send_headers(status, content_type, len(body))
        self.wfile.write(body)

    def _send_archive(self, revision: Revision) -> None:
        try:
            file = revision.path.open("rb")
        except OSError:
            self._send_json(404, {"error-list": [{"code": "not-found", "message": "removed from the store"}]})
            return
        with file:
            self._send_headers(200, "application/octet-stream", revision.package.size)
            shutil.copyfileobj(file, self.wfile)

    def _send_headers(self, status: int, content_type: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
