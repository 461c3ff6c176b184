"""Keep objects in the namespace of every profile, also of those that are made later.

Runs in a container of its own with nothing but Python's standard library, on every unit: all of them bring the
cluster to what the same file says. What is there already and bears no mark of ours is left alone. What was placed
belongs to an object of the cluster, its owner, and goes when that goes.
"""

import contextlib
import dataclasses
import functools
import http.server
import json
import os
import pathlib
import re
import socket
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from placer_api import Kubernetes, Object, Refused
from placer_limits import limit_range
from placer_logins import bring

PROFILES = "/apis/kubeflow.org/v1/profiles"
PLACED = "/placed"
NAMESPACES = "/api/v1/namespaces"
PERIOD = 60
"""Seconds after which all is looked at again, though no namespace came or went."""
PAUSE = 2
"""Seconds after a pass in which something went wrong; twice as long each time, up to `PERIOD`."""
LASTING = (400, 403, 409, 413, 422)
"""The codes of refusals that somebody has to do something about."""
PATIENCE = 180
"""Seconds without a complete pass after which the program calls itself ill."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object to place.

    Attributes:
        plural: its name in URLs.
        owner: the name of the ClusterRole that the placed objects belong to.
    """

    api_version: str
    kind: str
    plural: str
    owner: str

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the URL's path of an object or of all in a namespace or everywhere."""
        group = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        within = f"/namespaces/{namespace}" if namespace else ""
        one = f"/{urllib.parse.quote(name, safe='')}" if name else ""
        return f"{group}{within}/{self.plural}{one}"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the file says.

    Attributes:
        manager: the field manager of what is placed.
        profiles: the label that a profile's namespace has, as `key=value`.
        labels: the mark that placed objects bear.
        kinds: what kinds there may be.
        objects: what to place; those with a namespace in that one alone.
        requests, limits: of containers that say nothing, where the profile's quota counts them.
        login: the name of the Secret with a registry's login; placed, if there is one.
        logged_in: whether there is one.
    """

    manager: str
    profiles: str
    labels: Mapping[str, str]
    kinds: tuple[Kind, ...]
    objects: tuple[Object, ...]
    requests: Mapping[str, str] = dataclasses.field(default_factory=dict)
    limits: Mapping[str, str] = dataclasses.field(default_factory=dict)
    login: str = ""
    logged_in: bool = False

    @classmethod
    def read(cls, text: str) -> "Wanted":
        """Read the file."""
        document = json.loads(text)
        return cls(
            manager=document["manager"],
            profiles=document["profiles"],
            labels=document["labels"],
            kinds=tuple(Kind(**item) for item in document["kinds"]),
            objects=tuple(document["objects"]),
            requests=document["requests"],
            limits=document["limits"],
            login=document["login"],
            logged_in=document["logged_in"],
        )

    def with_limits(self, profiles: Iterable[Object]) -> "Wanted":
        """Return what is wanted with a LimitRange for each profile whose quota needs one."""
        found = (limit_range(profile, self.requests, self.limits) for profile in profiles)
        return dataclasses.replace(self, objects=(*self.objects, *filter(None, found)))

    def within(self, kind: Kind, namespace: str) -> dict[str, Object]:
        """Return the objects of a kind for a namespace, by name; one for it alone goes before one for all."""
        found: dict[str, Object] = {}
        for item in sorted(self.objects, key=lambda item: "namespace" in item["metadata"]):
            if (item["apiVersion"], item["kind"]) != (kind.api_version, kind.kind):
                continue
            if item["metadata"].get("namespace", namespace) == namespace:
                found[item["metadata"]["name"]] = fill(item, namespace)
        return found


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    """Something that could not be placed or taken away.

    Attributes:
        text: what, where and why; never what is in it.
        lasting: whether it stays so until somebody does something.
    """

    text: str
    lasting: bool = False


def fill(item: Object, namespace: str) -> Object:
    """Return an object with its namespace's name wherever a string has `{{ NAMESPACE }}`."""
    return json.loads(re.sub(r"\{\{\s*NAMESPACE\s*\}\}", namespace, json.dumps(item)))


def holds(there: Any, wanted: Any) -> bool:
    """Tell whether an object has all that is wanted of it; what Kubernetes and others added does not count."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(holds(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(holds, there, wanted))
    return there == wanted


class Placer:
    """Brings the cluster to what the file says, pass by pass."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        wanted: Wanted,
        say: Callable[[str], None] = print,
        report: Callable[[str], None] = lambda text: None,
    ):
        self._kubernetes = kubernetes
        self._wanted = wanted
        self._say = say
        self._report = report
        self.problems: frozenset[Problem] | None = None
        self._logged_out = False
        self.passed = time.monotonic()

    def run(self) -> None:
        """Go on for ever."""
        pause = PAUSE
        while True:
            try:
                version, fine = self.look()
                self.passed = time.monotonic()
                self._await_change(version, PERIOD if fine else pause)
            except Refused as refusal:
                fine = False
                self._tell([Problem(f"Kubernetes does not answer as it should: {refusal}")])
                time.sleep(pause)
            pause = PAUSE if fine else min(2 * pause, PERIOD)

    def look(self) -> tuple[str, bool]:
        """Make one pass; return the version of the list of namespaces that it saw, and whether all went well.

        Raises:
            Refused: it does not get so far as to know what is there.
        """
        found = self._kubernetes.get(NAMESPACES, {"labelSelector": self._wanted.profiles}) or {}
        namespaces = [
            item["metadata"]["name"] for item in found.get("items", ()) if "deletionTimestamp" not in item["metadata"]
        ]
        profiles = (self._kubernetes.get(PROFILES) or {}).get("items", ())
        wanted = self._wanted.with_limits(profiles)
        problems = [problem for kind in wanted.kinds for problem in self._place(kind, namespaces, wanted)]
        problems += self._log_in(namespaces)
        self._tell(problems)
        return found.get("metadata", {}).get("resourceVersion", ""), not problems

    def _log_in(self, namespaces: list[str]) -> list[Problem]:
        """Let accounts have the registry's login; take it from them once, as the program starts anew with its file."""
        if not self._wanted.login or self._logged_out:
            return []
        told = bring(self._kubernetes, namespaces, self._wanted.login, wanted=self._wanted.logged_in)
        problems = [Problem(text) for text in told]
        self._logged_out = not self._wanted.logged_in and not problems
        return problems

    def _tell(self, problems: Iterable[Problem]) -> None:
        """Say what is wrong, but only what was not so the last time, and report all of it when it changed."""
        found = frozenset(problems)
        if found == self.problems:
            return
        for problem in sorted(found - (self.problems or frozenset())):
            self._say(problem.text)
        self.problems = found
        self._report(json.dumps([dataclasses.asdict(problem) for problem in sorted(found)]))

    def _place(self, kind: Kind, namespaces: list[str], wanted: Wanted) -> list[Problem]:
        """Bring the objects of a kind to what is wanted, and return what went wrong."""
        owner = self._kubernetes.get(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{kind.owner}")
        if owner is None:
            return [Problem(f"{kind.owner}, which owns what is placed, is not there yet")]
        selector = ",".join(f"{key}={value}" for key, value in self._wanted.labels.items())
        listed = self._kubernetes.get(kind.path(), {"labelSelector": selector})
        if listed is None:
            return [Problem(f"Kubernetes does not know {kind.kind} yet")]
        # Kubernetes leaves out in a list what all its items have in common.
        common = {"apiVersion": kind.api_version, "kind": kind.kind}
        there = {(item["metadata"]["namespace"], item["metadata"]["name"]): item | common for item in listed["items"]}
        problems: list[Problem] = []
        for namespace in namespaces:
            for name, item in wanted.within(kind, namespace).items():
                had = there.pop((namespace, name), None)
                marked = self._marked(item, namespace, owner)
                if not holds(had, marked):
                    problems += self._attempt(self._put, kind, marked, had)
        for item in there.values():
            problems += self._attempt(self._take, kind, item)
        return problems

    def _put(self, kind: Kind, wanted: Object, had: Object | None) -> None:
        metadata = wanted["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"])
        if had is None and self._kubernetes.get(path) is not None:
            raise Refused(409, "somebody else's is there, and stays")
        self._kubernetes.apply(path, wanted, self._wanted.manager, force=had is not None)
        self._say(f"placed {kind.kind} {metadata['name']} in {metadata['namespace']}")

    def _take(self, kind: Kind, item: Object) -> None:
        metadata = item["metadata"]
        self._kubernetes.delete(kind.path(metadata["namespace"], metadata["name"]), metadata["uid"])
        self._say(f"removed {kind.kind} {metadata['name']} from {metadata['namespace']}")

    def _attempt(self, action: Callable[..., None], kind: Kind, item: Object, *more: Any) -> list[Problem]:
        try:
            action(kind, item, *more)
        except Refused as refusal:
            told = f"{kind.kind} {item['metadata']['name']} in {item['metadata']['namespace']}: {refusal}"
            return [Problem(told, refusal.code in LASTING)]
        return []

    def _marked(self, item: Object, namespace: str, owner: Object) -> Object:
        metadata = item["metadata"]
        reference = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
        }
        labels = {**metadata.get("labels", {}), **self._wanted.labels}
        return {
            **item,
            "metadata": {**metadata, "namespace": namespace, "labels": labels, "ownerReferences": [reference]},
        }

    def _await_change(self, version: str, seconds: int) -> None:
        """Return when a profile's namespace comes or goes, or the time is over."""
        parameters = {"labelSelector": self._wanted.profiles, "resourceVersion": version}
        for event in self._kubernetes.watch(NAMESPACES, parameters, seconds):
            if event.get("type") != "MODIFIED":
                return


class Server(http.server.ThreadingHTTPServer):
    """A server at all of the pod's addresses, of both kinds where there are both."""

    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self) -> None:
        """Take IPv4 at the socket for IPv6 as well, whatever the node's default is."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(placer: Placer, port: int) -> None:
    """Answer 200 while passes are made, at `/placed` while nothing is wrong; where not, log and report say why."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            well = time.monotonic() - placer.passed < PATIENCE and not (self.path == PLACED and placer.problems)
            with contextlib.suppress(ConnectionError):  # on a busy machine Pebble does not wait
                self.send_response(200 if well else 503)
                self.end_headers()

        def log_message(self, format: str, *_: Any) -> None:
            """Keep the log to what changes."""

    server = Server(("", port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def write(path: pathlib.Path, text: str) -> None:
    """Write a file that is never seen half written."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def main(file: str, port: str, report: str) -> None:
    """Run with the file that says what to place, the port to answer at, and the file that gets what is wrong."""
    host, secure = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    server = f"https://{f'[{host}]' if ':' in host else host}:{secure}"
    wanted = Wanted.read(pathlib.Path(file).read_text())
    placer = Placer(Kubernetes(server), wanted, report=functools.partial(write, pathlib.Path(report)))
    serve(placer, int(port))
    placer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
