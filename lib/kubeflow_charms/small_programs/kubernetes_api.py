"""Speak to Kubernetes with nothing but Python's standard library.

For charms' small programs in containers of their own, which take this file along, see `parts.program`; charms
themselves use `cluster`.
"""

import dataclasses
import functools
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
PAGE = 500
"""How many objects are read at once; a profile's may be some kilobytes each."""
JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
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

    def items(self, path: str, selector: str, *, metadata_only: bool) -> Iterator[Object]:
        """Yield the objects of a collection, read page by page.

        Args:
            path: of the collection.
            selector: of labels.
            metadata_only: whether an object comes with nothing but its metadata.

        Raises:
            Refused: also where Kubernetes does not know the collection.
        """
        parameters = {"labelSelector": selector, "limit": str(PAGE)}
        while True:
            page = self._send("GET", path, parameters, accept=METADATA if metadata_only else JSON)
            yield from page.get("items") or ()
            following = page.get("metadata", {}).get("continue")
            if not following:
                return
            parameters["continue"] = following

    def apply(self, path: str, item: Object, manager: str, *, force: bool) -> Object:
        """Apply an object server-side, and return it as it is then.

        Raises:
            Refused: Kubernetes does not take it.
        """
        parameters = {"fieldManager": manager, "force": json.dumps(force)}
        # JSON is YAML, and YAML is what the API wants to be told an applied object is.
        return self._send("PATCH", path, parameters, item, "application/apply-patch+yaml")

    def create(self, path: str, item: Object) -> Object:
        """Create an object, or ask a review, and return it as Kubernetes answers it.

        Raises:
            Refused: Kubernetes does not take it.
        """
        return self._send("POST", path, None, item)

    def review(self, resource: str, specification: Object) -> Object:
        """Ask for a review of a kind, such as `subjectaccessreviews`, and return its status.

        Raises:
            Refused: Kubernetes does not answer it.
            LookupError: it answers without a status.
        """
        group = "authentication" if resource == "tokenreviews" else "authorization"
        return self.create(f"/apis/{group}.k8s.io/v1/{resource}", {"spec": specification})["status"]

    def merge(self, path: str, body: Object) -> None:
        """Change an object as a JSON merge patch says.

        Raises:
            Refused: Kubernetes does not take it.
        """
        self._send("PATCH", path, None, body, "application/merge-patch+json")

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
        kind: str = JSON,
        accept: str = JSON,
    ) -> Object:
        try:
            with self._open(method, path, parameters, body, kind, TIMEOUT, accept) as answer:
                return json.load(answer)
        except FAILURES as error:
            raise Refused(0, str(error)) from error

    def _open(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: Object | None,
        kind: str,
        timeout: int,
        accept: str = JSON,
    ) -> Any:
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        headers = {"Accept": accept, "Authorization": f"Bearer {(self.folder / 'token').read_text()}"}
        if body is not None:
            headers["Content-Type"] = kind
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server}{path}{query}", data, headers, method=method)
        try:
            return urllib.request.urlopen(request, timeout=timeout, context=_trusting(self.folder / "ca.crt"))
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, _message(error)) from error


def holds(there: Any, wanted: Any) -> bool:
    """Tell whether an object has all that is wanted of it; what Kubernetes and others added does not count."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(holds(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(holds, there, wanted))
    return there == wanted


def address(environment: Mapping[str, str]) -> str:
    """Return the URL of the API from the variables that Kubernetes gives every container."""
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"


def _trusting(authority: pathlib.Path) -> ssl.SSLContext:
    """Return what trusts an authority; made once for each content of its file, as that takes some milliseconds."""
    return _context(authority.read_text())


@functools.lru_cache(maxsize=1)
def _context(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority)


def _message(error: urllib.error.HTTPError) -> str:
    """Return Kubernetes' own words; never the body that was sent, which may be a Secret's."""
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, LookupError, TypeError):
        return str(error)
