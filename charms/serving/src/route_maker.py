"""Make the route to every model, and keep it so; runs in a container of its own, on every unit.

What is made belongs to its InferenceService, and Kubernetes takes it away with that. What is there already and bears no
mark of ours is left alone.
"""

import json
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import knative_routes
from knative_routes import INGRESSES, POLICIES, Knative
from kubeflow_charms.small_programs.health_server import serve
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Object, Refused, address, holds
from kubeflow_charms.small_programs.passes import Changes, Passes, Problem, Problems, Watched
from route_objects import GRAPHS, LABELS, PROGRAMS, SERVICES, VERSIONS, Server, Settings, objects, visibility

MADE = {
    "VirtualService": "/apis/networking.istio.io/v1/{}virtualservices",
    "DestinationRule": "/apis/networking.istio.io/v1/{}destinationrules",
    "Sidecar": "/apis/networking.istio.io/v1/{}sidecars",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/{}networkpolicies",
    "AuthorizationPolicy": "/apis/security.istio.io/v1/{}authorizationpolicies",
}
SERVERS = {
    SERVICES: f"/apis/{VERSIONS[SERVICES]}/inferenceservices",
    GRAPHS: f"/apis/{VERSIONS[GRAPHS]}/inferencegraphs",
    PROGRAMS: knative_routes.SERVICES,
}
"""The collections of what routes are made to, by kind; of two at one path the first gets the route."""
KSERVES = (SERVERS[SERVICES], SERVERS[GRAPHS])
KNATIVES = (SERVERS[PROGRAMS], INGRESSES, POLICIES)
"""What is looked at once there is Knative: its kinds, and who is let in to a profile."""
NAMESPACES, PORTS = "/api/v1/namespaces", "/api/v1/services"


def wanted(servers: Iterable[Server], settings: Settings) -> Iterator[Object]:
    """Yield all that the servers need."""
    taken: set[str] = set()
    for server in sorted(servers, key=lambda it: (list(SERVERS).index(it.kind), it.namespace, it.name)):
        yield from objects(server, settings, routed=server.prefix not in taken)
        taken.add(server.prefix)


class Maker:
    """Brings routes to what the cluster's models need, pass by pass."""

    def __init__(self, kubernetes: Kubernetes, settings: Settings, say: Any = print):
        self._kubernetes = kubernetes
        self._settings = settings
        self._say = say
        self.problems = Problems(say)
        self._seen: dict[str, Any] = {}

    @property
    def watched(self) -> list[Watched]:
        """What calls for another pass: a model or a graph that comes, goes or becomes another but for its status.

        So does what KServe's Services say of their ports, and where there is Knative, what that says of its shares, and
        who is let in to a profile.
        """
        return [Watched(path, self._matters) for path in (*KSERVES, PORTS, *KNATIVES)]

    def look(self) -> tuple[dict[str, str], bool]:
        """Make one pass; return the versions of what it saw and is to be watched, and whether all went well.

        Raises:
            Refused: it does not get so far as to know what is there.
        """
        profiles = self._listed(NAMESPACES, self._settings.profiles)
        namespaces = {
            item["metadata"]["name"] for item in profiles["items"] if "deletionTimestamp" not in item["metadata"]
        }
        found = {path: self._listed(path) for path in (*KSERVES, PORTS)}
        services = {_key(item): item for item in found[PORTS]["items"] if _serves(item)}
        # Knative's kinds may not be there, and then it matters to nobody who is let in.
        if self._kubernetes.get(INGRESSES, {"limit": "1"}) is not None:
            found |= {path: self._listed(path) for path in KNATIVES}
        ingresses, policies = (found[path]["items"] if path in found else [] for path in (INGRESSES, POLICIES))
        knative = Knative.of(ingresses, policies, self._settings.principal, self._settings.domain)
        servers = [
            Server.of(kind, item, knative, services)
            for kind, path in SERVERS.items()
            if path in found
            for item in found[path]["items"]
            if item["metadata"]["namespace"] in namespaces and "deletionTimestamp" not in item["metadata"]
            if kind != PROGRAMS or knative_routes.of_its_own(item)
        ]
        self._seen = {item["metadata"]["uid"]: _told(item) for listed in found.values() for item in listed["items"]}
        problems = list(self._bring(list(wanted(servers, self._settings))))
        self.problems.tell(problems)
        versions = {path: listed["metadata"].get("resourceVersion", "") for path, listed in found.items()}
        return versions, not problems

    def _bring(self, items: list[Object]) -> Iterator[Problem]:
        """Make what is missing, take away what is too much, and yield what went wrong."""
        selector = ",".join(f"{key}={value}" for key, value in self._settings.labels.items())
        for kind, path in MADE.items():
            there = {_key(item): item for item in self._listed(path.format(""), selector)["items"]}
            for item in (item for item in items if item["kind"] == kind):
                had = there.pop(_key(item), None)
                # Kubernetes leaves out in a list what all its items have in common.
                if had is None or not holds({**had, "apiVersion": item["apiVersion"], "kind": kind}, item):
                    yield from self._attempt(item, lambda item=item, had=had, path=path: self._put(path, item, had))
            for item in there.values():
                item |= {"kind": kind}
                yield from self._attempt(item, lambda item=item, path=path: self._take(path, item))

    def _put(self, path: str, item: Object, had: Object | None) -> None:
        place = _place(path, item)
        if had is None and self._kubernetes.get(place) is not None:
            raise Refused(409, "somebody else's is there, and stays")
        self._kubernetes.apply(place, item, self._settings.manager, force=had is not None)
        self._say(f"made {_named(item)}")

    def _take(self, path: str, item: Object) -> None:
        self._kubernetes.delete(_place(path, item), item["metadata"]["uid"])
        self._say(f"removed {_named(item)}")

    def _attempt(self, item: Object, action: Any) -> Iterator[Problem]:
        try:
            action()
        except Refused as refusal:
            yield Problem(f"{_named(item)}: {refusal}")

    def _listed(self, path: str, selector: str = "") -> Object:
        found = self._kubernetes.get(path, {"labelSelector": selector} if selector else None)
        if found is None:
            raise Refused(404, f"{path} is not known yet")
        return {"items": found.get("items") or [], "metadata": found.get("metadata") or {}}

    def _matters(self, event: Object) -> bool:
        item = event.get("object", {})
        if item.get("kind") == "Service" and item.get("apiVersion") != VERSIONS[PROGRAMS] and not _serves(item):
            return False
        uid = item.get("metadata", {}).get("uid", "")
        return event.get("type") != "MODIFIED" or self._seen.get(uid) != _told(item)


def _serves(service: Object) -> bool:
    """Tell whether a Service leads to what KServe runs."""
    return any(LABELS[kind] in (service["metadata"].get("labels") or {}) for kind in (SERVICES, GRAPHS))


def _told(item: Object) -> tuple[Any, Any]:
    """Return what tells that an object is another; Kubernetes counts no change of a label, and none of a Service."""
    metadata = item.get("metadata", {})
    counted = metadata.get("generation") or (item.get("spec") or {}).get("ports")
    return counted, visibility(metadata)


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _place(path: str, item: Object) -> str:
    namespace, name = _key(item)
    return f"{path.format(f'namespaces/{namespace}/')}/{name}"


def _named(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['name']} in {item['metadata']['namespace']}"


def main(file: str, port: str) -> None:
    """Run with the file that holds the settings, and the port to answer at."""
    settings: Mapping[str, Any] = json.loads(pathlib.Path(file).read_text())
    kubernetes = Kubernetes(address(os.environ))
    maker = Maker(kubernetes, Settings(**settings))
    passes = Passes(maker.look, Changes(kubernetes, maker.watched), maker.problems)
    serve(int(port), {"/healthz": passes.well})
    passes.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
