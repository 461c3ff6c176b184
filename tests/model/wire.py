"""The way from the charms to Kubernetes: every call is counted, and may be refused, delayed or dropped."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
import lightkube
from lightkube.config.kubeconfig import KubeConfig
from support.apiserver import ApiServer


@dataclasses.dataclass(frozen=True)
class Call:
    """One request of a unit.

    Attributes:
        unit: whose.
        method: such as `PATCH`.
        path: of the object, without parameters.
        rehearsal: nothing is to be changed.
    """

    unit: str
    method: str
    path: str
    rehearsal: bool = False

    @property
    def site(self) -> "Call":
        """The same call of any unit of the application."""
        return dataclasses.replace(self, unit=self.unit.rpartition("/")[0])

    @property
    def lists(self) -> bool:
        """Whether it asks for all objects of a kind: behind the version, the path names no object."""
        parts = self.path.strip("/").split("/")
        return self.method == "GET" and len(parts[2 if parts[0] == "api" else 3 :]) % 2 == 1

    def __str__(self) -> str:
        return f"{self.method} {self.path}{' as a rehearsal' if self.rehearsal else ''}"


@dataclasses.dataclass(frozen=True)
class Fault:
    """What goes wrong with a call.

    Attributes:
        name: for people.
        code: an HTTP status to answer with instead of Kubernetes; 0 if the connection fails.
        message: of that answer.
        carried_out: Kubernetes does it, and only the answer is lost.
        seconds: that the call takes longer.
    """

    name: str
    code: int = 0
    message: str = ""
    carried_out: bool = False
    seconds: float = 0

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Return the refusal, or raise what a lost connection raises."""
        if self.code == 0:
            kind = httpx2.ReadTimeout if self.name == "timeout" else httpx2.RemoteProtocolError
            raise kind(f"{self.name}, by the test", request=request)
        status = {"kind": "Status", "status": "Failure", "code": self.code, "message": self.message}
        return httpx2.Response(self.code, json=status, request=request)


Decide = Callable[[Call], Fault | None]


def nothing_wrong(call: Call) -> Fault | None:
    """Let every call through."""
    return None


class Wire(httpx2.BaseTransport):
    """A transport between all charms of a test and one API server.

    Attributes:
        unit: whose hook is running.
        calls: made so far.
        created: paths of the objects that each application made, CRDs among them.
        decide: what goes wrong with a call; None for nothing.
    """

    def __init__(self, server: ApiServer):
        self._inner = httpx2.HTTPTransport(verify=server.context(), limits=httpx2.Limits(max_connections=4))
        self._client = lightkube.Client(config=KubeConfig.from_dict(server.kubeconfig(server.token)), transport=self)
        self.unit = ""
        self.calls: list[Call] = []
        self.created: dict[str, set[str]] = {}
        self.decide: Decide = nothing_wrong

    def connect(self) -> lightkube.Client:
        """Return the client of every charm."""
        return self._client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, or do to it what was decided."""
        call = Call(self.unit, request.method, request.url.path, "dryRun" in request.url.params)
        self.calls.append(call)
        fault = self.decide(call)
        if fault is None:
            return self._send(call, request)
        time.sleep(fault.seconds)
        if fault.carried_out:
            self._send(call, request).read()
        return fault.answer(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def since(self, number: int) -> list[Call]:
        """Return the calls after the first `number`."""
        return self.calls[number:]

    def _send(self, call: Call, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        # Objects are applied; what is posted is a question, such as a review or for a token.
        if response.status_code == 201 and call.method == "PATCH" and not call.rehearsal:
            self.created.setdefault(call.site.unit, set()).add(call.path)
        return response


def changing(calls: Iterable[Call]) -> list[Call]:
    """Return the calls that change something."""
    return [call for call in calls if call.method not in ("GET", "POST") and not call.rehearsal]


def server_side(client: httpx2.Client, item: dict[str, Any], namespace: str, manager: str = "users") -> str:
    """Apply an object as a user does, in a namespace if its kind has any, and return its path."""
    version, kind = item["apiVersion"], item["kind"]
    group = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    resources = client.get(group).raise_for_status().json()["resources"]
    resource = next(entry for entry in resources if entry["kind"] == kind and "/" not in entry["name"])
    where = f"/namespaces/{namespace}" if resource["namespaced"] else ""
    path = f"{group}{where}/{resource['name']}/{item['metadata']['name']}"
    metadata = {key: value for key, value in item["metadata"].items() if key != "namespace"}
    answer = client.patch(
        path,
        content=json.dumps({**item, "metadata": metadata}),
        headers={"Content-Type": "application/apply-patch+yaml"},
        params={"fieldManager": manager, "force": "true"},
    )
    assert answer.is_success, f"{path}: {answer.text}"
    return path


def merge_patch(client: httpx2.Client, path: str, fields: dict[str, Any], **parameters: str) -> None:
    """Merge fields into an object, as someone else than a charm."""
    headers = {"Content-Type": "application/merge-patch+json"}
    client.patch(path, json=fields, headers=headers, params=parameters).raise_for_status()
