"""An in-memory Kubernetes API, as far as reading, applying and deleting whole objects goes.

Enough for a charm's unit tests; what server-side apply really does is tested against a real kube-apiserver.
"""

import copy
import dataclasses
import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import lightkube
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, Context, User

from .field_managers import conflicts, managed

Object = dict[str, Any]

MERGE = "application/merge-patch+json"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclasses.dataclass
class FakeCluster:
    """Objects by URL path, the calls made, and answers to give instead.

    Attributes:
        objects: what is there.
        calls: `METHOD path` of every request, oldest first.
        refuse: returns a status code, or a code and a message, to answer a request with, or None to answer it in
            earnest; may raise what the HTTP client would.
        react: changes an object that was applied, as Kubernetes' controllers do.
        tokens: how many were asked for.
        authorises: whether it refuses what nobody was given; without, it allows everybody everything.
    """

    objects: dict[str, Object] = dataclasses.field(default_factory=dict)
    calls: list[str] = dataclasses.field(default_factory=list)
    refuse: Any = lambda request: None
    react: Callable[[Object], Any] = lambda item: None
    tokens: int = 0
    authorises: bool = True

    def connect(self) -> lightkube.Client:
        """Return a client of this cluster."""
        config = KubeConfig(
            # Nothing is verified without TLS: reading the system's authorities takes as long as a hook.
            clusters={"fake": Cluster(server="http://fake", insecure=True)},
            users={"fake": User()},
            contexts={"fake": Context(cluster="fake", user="fake", namespace="default")},
            current_context="fake",
        )
        return lightkube.Client(config=config, transport=httpx2.MockTransport(self.answer))

    def add(self, path: str, item: Object, manager: str = "") -> None:
        """Put an object there, as someone else than the charm would; `manager` names the tool that did."""
        metadata = item.setdefault("metadata", {})
        metadata.setdefault("uid", str(uuid.uuid4()))
        if manager:
            metadata["managedFields"] = [{"manager": manager}]
        self.objects[path] = item

    def edit(self, path: str, change: Callable[[Object], Any], manager: str = "kubectl-edit") -> None:
        """Change an object as `kubectl edit` does: what changed is the editor's then."""
        had = self.objects[path]
        item = copy.deepcopy(had)
        change(item)
        item["metadata"]["managedFields"] = managed(had, item, manager, "Update", item)
        self.objects[path] = item

    @property
    def changes(self) -> list[str]:
        """The calls that change objects, but for those of the unit's own pod and what goes with it."""
        asked = ("GET ", "POST ")
        return [call for call in self.calls if not call.startswith(asked) and not call.endswith("-identity")]

    @property
    def lasting(self) -> dict[str, Object]:
        """The objects by URL path, but for pods and what goes with them."""
        return {
            path: item
            for path, item in self.objects.items()
            if item["kind"] != "Pod"
            and "Pod" not in [owner["kind"] for owner in item["metadata"].get("ownerReferences", ())]
        }

    def kinds(self) -> list[str]:
        """Return `Kind name` of every object, sorted, but for pods and what goes with them."""
        return sorted(f"{item['kind']} {item['metadata']['name']}" for item in self.lasting.values())

    def find(self, kind: str, name: str) -> Object:
        """Return an object by kind and name."""
        return next(item for item in self.objects.values() if item["kind"] == kind and item["metadata"]["name"] == name)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Return what the API server would."""
        path = request.url.path
        self.calls.append(f"{request.method} {path}")
        refusal = self.refuse(request)
        if refusal is not None:
            code, message = refusal if isinstance(refusal, tuple) else (refusal, "refused by the test")
            return _status(code, message)
        if request.method == "PATCH":
            return self._patch(request, path, json.loads(request.content))
        if request.method == "POST" and path.endswith("/token"):
            return self._token(path.removesuffix("/token"), json.loads(request.content))
        if request.method == "POST" and path == REVIEWS:
            status = {"allowed": not self.authorises}
            return httpx2.Response(201, json={**json.loads(request.content), "status": status})
        if path not in self.objects:
            found = self._collection(path, request.url.params.get("labelSelector", ""))
            if request.method != "GET" or not found:
                return _status(404, "not found")
            return httpx2.Response(200, json={"kind": "List", "metadata": {}, "items": found})
        if request.method == "DELETE":
            return httpx2.Response(200, json=self.objects.pop(path))
        return httpx2.Response(200, json=self.objects[path])

    def _patch(self, request: httpx2.Request, path: str, fields: Object) -> httpx2.Response:
        there, parameters = self.objects.get(path), request.url.params
        if request.headers["Content-Type"] == MERGE:
            if there is None:
                return _status(404, "not found")
            self.objects[path] = _merged(there, fields)
            return httpx2.Response(200, json=self.objects[path])
        manager = parameters["fieldManager"]
        if there and parameters.get("force") != "true" and (others := conflicts(there, fields, manager)):
            return _status(409, f"Apply failed with {len(others)} conflicts: {' '.join(others)}")
        if "dryRun" in parameters:
            return httpx2.Response(200, json=fields)
        return httpx2.Response(200, json=self._apply(path, fields, manager))

    def token(self, account: str, wanted: Object) -> Object:
        """Return the specification of the TokenRequest that is granted, with a token that tells whose it is."""
        self.tokens += 1
        bound = wanted["boundObjectRef"]["name"]
        return {**wanted, "token": f"{account} {''.join(wanted.get('audiences', ()))} until {bound} {self.tokens}"}

    def _token(self, account: str, request: Object) -> httpx2.Response:
        if account not in self.objects:
            return _status(404, "not found")
        granted = self.token(account.rpartition("/")[2], request["spec"])
        status = {"token": granted.pop("token"), "expirationTimestamp": None}
        return httpx2.Response(201, json={"spec": granted, "status": status})

    def _collection(self, path: str, selector: str) -> list[Object]:
        """Return the objects of the kind and, if the path names one, the namespace of a collection."""
        terms = [term for term in selector.split(",") if term]
        wanted = dict(term.split("=") for term in terms if not term.startswith("!"))
        unwanted = {term[1:] for term in terms if term.startswith("!")}
        folder, _, plural = path.rpartition("/")
        return [
            item
            for where, item in self.objects.items()
            if where.startswith(f"{folder}/")
            and where.split("/")[-2] == plural
            and wanted.items() <= item["metadata"].get("labels", {}).items()
            and unwanted.isdisjoint(item["metadata"].get("labels", {}))
        ]

    def _apply(self, path: str, patch: Object, manager: str) -> Object:
        had = self.objects.get(path, {"metadata": {"uid": str(uuid.uuid4())}})
        item = _merge(had, patch)
        item["metadata"]["managedFields"] = managed(had, item, manager, "Apply", patch)
        if item["kind"] == "CustomResourceDefinition":
            item["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
        self.objects[path] = item
        self.react(item)
        return item


def _merge(had: Object, patch: Object) -> Object:
    merged = dict(had)
    for key, value in patch.items():
        merged[key] = _merge(had.get(key) or {}, value) if isinstance(value, dict) else value
    return merged


def _merged(there: Object, fields: Object) -> Object:
    """Return an object changed as a JSON merge patch says."""
    found = {**there}
    for key, value in fields.items():
        if isinstance(value, dict):
            found[key] = _merged(there.get(key) or {}, value)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _status(code: int, message: str) -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "code": code, "message": message, "status": "Failure"})
