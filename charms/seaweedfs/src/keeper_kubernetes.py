"""List and watch namespaces with nothing but Python's standard library; runs beside `login_keeper`."""

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
NAMESPACES = "/api/v1/namespaces"
TIMEOUT = 15
FAILURES = (OSError, ValueError, http.client.HTTPException)
"""What a connection that breaks, or an answer that is none, raises."""


class Unheard(Exception):
    """Kubernetes does not answer, or refuses."""


@dataclasses.dataclass(frozen=True)
class Namespaces:
    """The namespaces with a label.

    Attributes:
        server: the URL of the cluster's API.
        selector: the label, as `key=value`.
        folder: has `token` and `ca.crt`; both are read anew for each request.
    """

    server: str
    selector: str
    folder: pathlib.Path = ACCOUNT

    def list(self) -> tuple[dict[str, str], str]:
        """Return the uid of each namespace that is not about to go, by name, and the version of the list.

        Raises:
            Unheard: Kubernetes does not tell.
        """
        try:
            with self._open({}, TIMEOUT) as answer:
                found = json.load(answer)
            metadata = [item["metadata"] for item in found["items"] if "deletionTimestamp" not in item["metadata"]]
            return {item["name"]: item["uid"] for item in metadata}, found["metadata"]["resourceVersion"]
        except (*FAILURES, LookupError, TypeError) as error:
            raise Unheard(str(error)) from error

    def changes(self, version: str, seconds: int) -> Iterator[tuple[str, str]]:
        """Yield name and uid of each namespace that comes, changes or goes; an empty uid for one that goes.

        Args:
            version: of the list since when.
            seconds: after which it ends.

        Raises:
            Unheard: Kubernetes does not tell.
        """
        parameters = {"resourceVersion": version, "watch": "1", "timeoutSeconds": str(seconds)}
        try:
            with self._open(parameters, seconds + TIMEOUT) as answer:
                for line in answer:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        return
                    metadata = event["object"]["metadata"]
                    goes = event["type"] == "DELETED" or "deletionTimestamp" in metadata
                    yield metadata["name"], "" if goes else metadata["uid"]
        except (*FAILURES, LookupError, TypeError) as error:
            raise Unheard(str(error)) from error

    def _open(self, parameters: Mapping[str, str], timeout: int) -> Any:
        query = urllib.parse.urlencode({"labelSelector": self.selector, **parameters})
        headers = {"Accept": "application/json", "Authorization": f"Bearer {(self.folder / 'token').read_text()}"}
        request = urllib.request.Request(f"{self.server}{NAMESPACES}?{query}", headers=headers)
        secure = self.server.startswith("https:")
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt")) if secure else None
        return urllib.request.urlopen(request, timeout=timeout, context=context)
