"""Speak to Kubernetes with nothing but Python's standard library; runs beside `route_maker`."""

import dataclasses
import http.client
import json
import pathlib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
TIMEOUT = 15
FAILURES = (OSError, ValueError, http.client.HTTPException)
"""What a connection that breaks, or an answer that is none, raises."""
Object = dict[str, Any]


class Refused(Exception):
    """Kubernetes answered with an error.

    Attributes:
        code: of the answer; 0 for none at all.
    """

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Kubernetes:
    """The cluster's API.

    Attributes:
        server: its URL.
        folder: has `token` and `ca.crt`; both are read anew for each request.
    """

    server: str
    folder: pathlib.Path = ACCOUNT

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Object | None:
        """Return an object or a list; None if it is not there.

        Raises:
            Refused: for any other reason.
        """
        try:
            return self._send("GET", path, parameters)
        except Refused as refusal:
            if refusal.code != 404:
                raise
            return None

    def apply(self, path: str, item: Object, manager: str, *, force: bool) -> None:
        """Apply an object server-side.

        Raises:
            Refused: Kubernetes does not take it.
        """
        parameters = {"fieldManager": manager, "force": json.dumps(force)}
        # JSON is YAML, and YAML is what the API wants to be told an applied object is.
        self._send("PATCH", path, parameters, item, "application/apply-patch+yaml")

    def delete(self, path: str, uid: str) -> None:
        """Delete an object, if it still is the one with this `uid`.

        Raises:
            Refused: Kubernetes does not.
        """
        try:
            self._send("DELETE", path, None, {"kind": "DeleteOptions", "preconditions": {"uid": uid}})
        except Refused as refusal:
            if refusal.code != 404:
                raise

    def watch(self, path: str, parameters: Mapping[str, str], seconds: int) -> Iterator[Object]:
        """Yield what changes in a collection, for a while.

        Raises:
            Refused: Kubernetes does not tell.
        """
        more = {**parameters, "watch": "1", "timeoutSeconds": str(seconds)}
        try:
            with self._open("GET", path, more, None, "", seconds + TIMEOUT) as answer:
                yield from map(json.loads, answer)
        except FAILURES as error:
            raise Refused(0, str(error)) from error

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: Object | None = None,
        kind: str = "application/json",
    ) -> Object:
        try:
            with self._open(method, path, parameters, body, kind, TIMEOUT) as answer:
                return json.load(answer)
        except FAILURES as error:
            raise Refused(0, str(error)) from error

    def _open(
        self, method: str, path: str, parameters: Mapping[str, str] | None, body: Object | None, kind: str, timeout: int
    ) -> Any:
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        headers = {"Accept": "application/json", "Authorization": f"Bearer {(self.folder / 'token').read_text()}"}
        if body is not None:
            headers["Content-Type"] = kind
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server}{path}{query}", data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        try:
            return urllib.request.urlopen(request, timeout=timeout, context=context)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _message(error)) from error


def _message(error: urllib.error.HTTPError) -> str:
    """Return Kubernetes' own words; never the body that was sent, which may be a Secret's."""
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, LookupError, TypeError):
        return str(error)
