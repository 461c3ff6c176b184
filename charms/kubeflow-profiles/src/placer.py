"""Keep objects in the namespace of every profile, also of those that are made later.

Runs in a container of its own with nothing but Python's standard library, on every unit: all of them bring the
cluster to what the same file says. What is there already and bears no mark of ours is left alone. What was placed
belongs to an object of the cluster, its owner, and goes when that goes.

A pass that changes nothing lists each kind once, and of that only metadata: an object is looked at again when its
version is not the one that was found right. Kinds that the program may not see everywhere are listed by namespace, a
part of them in each pass.
"""

import dataclasses
import functools
import os
import pathlib
import sys
import urllib.parse
from collections.abc import Callable, Collection, Mapping

from kubeflow_charms.small_programs.health_server import serve
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Object, Refused, address, holds
from kubeflow_charms.small_programs.passes import Changes, Passes, Problem, Problems, Watched
from placer_documents import Kind, Namespace, Template, Wanted, owned, released
from placer_logins import ACCOUNTS, bring
from placer_names import remember

PROFILES = "/apis/kubeflow.org/v1/profiles"
NAMESPACES = "/api/v1/namespaces"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
TURNS = 10
"""Passes in which all namespaces are looked at for a kind that is listed by namespace."""
AT_ONCE = 50
"""How many namespaces are looked at in one pass whatever `TURNS` says."""
LASTING = (400, 403, 409, 413, 422)
"""The codes of refusals that somebody has to do something about."""
FIXED = (409, 422)
"""The codes of refusals to change what stays as it was made, such as whom a RoleBinding gives what role."""
Key = tuple[str, str]


class Theirs(Refused):
    """What is there in its place is a user's, or was made so that it cannot become what is wanted."""


@dataclasses.dataclass(frozen=True)
class Right:
    """An object as it was when it was found right.

    Attributes:
        version: Kubernetes' own.
        template: what it was made of.
        uid: of its namespace.
        owner: the `uid` of what it belongs to.
    """

    version: str
    template: Template
    uid: str
    owner: str


def path(kind: Kind, namespace: str = "", name: str = "") -> str:
    """Return the URL's path of an object or of all in a namespace or everywhere."""
    group = f"/apis/{kind.api_version}" if "/" in kind.api_version else f"/api/{kind.api_version}"
    within = f"/namespaces/{namespace}" if namespace else ""
    one = f"/{urllib.parse.quote(name, safe='')}" if name else ""
    return f"{group}{within}/{kind.plural}{one}"


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
        self.problems = Problems(say, report)
        self._selector = ",".join(f"{key}={value}" for key, value in wanted.labels.items())
        self._right: dict[Kind, dict[Key, Right]] = {}
        self._seen: dict[Kind, set[Namespace]] = {}
        self._namespaces: dict[str, Namespace] = {}
        self._turn = 0
        self._logged_out = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What kinds there may be."""
        return self._wanted.kinds

    def placed(self) -> bool:
        """Tell whether all is there but for what users keep from being so."""
        return all(problem.users for problem in self.problems.found or ())

    @property
    def watched(self) -> tuple[Watched, Watched]:
        """What calls for another pass: a profile's namespace that comes, goes or gets other labels, and a new account.

        A server that her owner starts at once would have no login for as long as the pod lasts.
        """
        namespaces = Watched(NAMESPACES, self._matters, {"labelSelector": self._wanted.profiles})
        return namespaces, Watched(ACCOUNTS, self._wants_login)

    def look(self) -> tuple[dict[str, str], bool]:
        """Make one pass; return the versions of the lists that it saw, by path, and whether all went well.

        Raises:
            Refused: it does not get so far as to know what is there.
        """
        found = self._kubernetes.get(NAMESPACES, {"labelSelector": self._wanted.profiles}) or {}
        items = [item for item in found.get("items", ()) if "deletionTimestamp" not in item["metadata"]]
        self._namespaces = {item["metadata"]["name"]: Namespace.read(item) for item in items}
        profiles = (self._kubernetes.get(PROFILES) or {}).get("items", ())
        wanted = self._wanted.with_limits(profiles)
        owners = {name: self._kubernetes.get(f"{ROLES}/{name}") for name in {item.owner for item in wanted.templates}}
        problems = self._remember(profiles)
        problems += [
            Problem(f"{name}, which owns what is placed, is not there yet")
            for name, there in owners.items()
            if there is None
        ]
        versions = {NAMESPACES: _version(found)}
        # Before anything is placed whose pods need it.
        problems += self._log_in(self._namespaces, versions)
        for kind in wanted.kinds:
            problems += self._place(kind, wanted, owners)
        self._turn += 1
        self.problems.tell(problems)
        return versions, not problems

    def _remember(self, profiles: Collection[Object]) -> list[Problem]:
        """Write down whose the profiles' names are."""
        if not self._wanted.names:
            return []
        try:
            for name in remember(self._kubernetes, self._wanted.names, profiles, self._wanted.manager):
                self._say(f"wrote down whose profile {name} is")
        except Refused as refusal:
            text = f"{self._wanted.names.rpartition('/')[2]}, whose profiles are: {refusal}"
            return [Problem(text, refusal.code in LASTING)]
        return []

    def _log_in(self, namespaces: Collection[str], versions: dict[str, str]) -> list[Problem]:
        """Let accounts have the registry's login; take it from them once, as the program starts anew with its file.

        While they are to have it, the version of their list is written down.
        """
        if not self._wanted.login or self._logged_out:
            return []
        found = self._kubernetes.get(ACCOUNTS) or {}
        if self._wanted.logged_in:
            versions[ACCOUNTS] = _version(found)
        accounts = found.get("items", ())
        told = bring(self._kubernetes, accounts, namespaces, self._wanted.login, wanted=self._wanted.logged_in)
        problems = [Problem(text) for text in told]
        self._logged_out = not self._wanted.logged_in and not problems
        return problems

    def _place(self, kind: Kind, wanted: Wanted, owners: Mapping[str, Object | None]) -> list[Problem]:
        """Bring the objects of a kind to what is wanted, and return what went wrong."""
        if kind.everywhere:
            return self._bring(kind, "", wanted.of(kind, self._namespaces.values()), owners)
        problems: list[Problem] = []
        for namespace in self._due(kind):
            problems += (found := self._bring(kind, namespace.name, wanted.of(kind, [namespace]), owners))
            (self._seen[kind].discard if found else self._seen[kind].add)(namespace)
        return problems

    def _due(self, kind: Kind) -> list[Namespace]:
        """Return the namespaces in which a kind is looked at in this pass: all that changed, and some of the rest."""
        there = sorted(self._namespaces.values(), key=lambda namespace: namespace.name)
        seen = self._seen[kind] = self._seen.get(kind, set()) & set(there)
        turns = max(1, min(TURNS, len(there) // AT_ONCE))
        return [item for place, item in enumerate(there) if item not in seen or (place - self._turn) % turns == 0]

    def _bring(
        self,
        kind: Kind,
        within: str,
        wanted: dict[Key, tuple[Template, Namespace]],
        owners: Mapping[str, Object | None],
    ) -> list[Problem]:
        """Bring the objects of a kind in a namespace, or in all, to what is wanted; return what went wrong."""
        right = self._right.setdefault(kind, {})
        for key in [key for key in right if key not in wanted and within in ("", key[0])]:
            del right[key]
        known = any(key in right for key in wanted)
        try:
            listed = list(self._kubernetes.items(path(kind, within), self._selector, metadata_only=known))
        except Refused as refusal:
            where = f" in {within}" if within else ""
            unknown = f"Kubernetes does not know {kind.kind} yet"
            return [Problem(unknown if refusal.code == 404 else f"{kind.kind}{where}: {refusal}")]
        there = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in listed}
        problems: list[Problem] = []
        for key, (template, namespace) in wanted.items():
            had, owner = there.pop(key, None), owners[template.owner]
            if owner is None:
                continue
            version = had["metadata"]["resourceVersion"] if had else ""
            found = Right(version, template, namespace.uid, owner["metadata"]["uid"])
            if right.get(key) == found:
                continue
            whole = None if known else had
            put = functools.partial(self._put, kind, template, namespace, owner, whole)
            problems += self._attempt(kind, key, lambda put=put, key=key, found=found: right.update({key: put(found)}))
        for key, item in there.items():
            problems += self._attempt(kind, key, functools.partial(self._take, kind, item))
        return problems

    def _put(
        self, kind: Kind, template: Template, namespace: Namespace, owner: Object, had: Object | None, right: Right
    ) -> Right:
        """Bring an object to what is wanted, and return how it is then."""
        where = path(kind, namespace.name, template.name)
        wanted = owned(template.render(namespace), namespace.name, self._wanted.labels, owner)
        there = had or self._kubernetes.get(where)
        # Kubernetes leaves out in a list what all its items have in common.
        if there and holds(there | {"apiVersion": kind.api_version, "kind": kind.kind}, wanted):
            return dataclasses.replace(right, version=there["metadata"]["resourceVersion"])
        if there and not self._wanted.labels.items() <= (there["metadata"].get("labels") or {}).items():
            release = released(there, template.takes_over)
            if release is None:
                raise Theirs(409, "somebody else's is there, and stays")
            self._kubernetes.merge(where, release)
        try:
            applied = self._kubernetes.apply(where, wanted, self._wanted.manager, force=there is not None)
        except Refused as refusal:
            if there and refusal.code in FIXED:
                raise Theirs(refusal.code, f"what is there cannot become it, delete that: {refusal}") from refusal
            raise
        self._say(f"placed {kind.kind} {template.name} in {namespace.name}")
        return dataclasses.replace(right, version=applied["metadata"]["resourceVersion"])

    def _take(self, kind: Kind, item: Object) -> None:
        metadata = item["metadata"]
        self._kubernetes.delete(path(kind, metadata["namespace"], metadata["name"]), metadata["uid"])
        self._say(f"removed {kind.kind} {metadata['name']} from {metadata['namespace']}")

    def _attempt(self, kind: Kind, key: Key, action: Callable[[], None]) -> list[Problem]:
        try:
            action()
        except Refused as refusal:
            text, theirs = f"{kind.kind} {key[1]} in {key[0]}: {refusal}", isinstance(refusal, Theirs)
            return [Problem(text, refusal.code in LASTING and not theirs, theirs)]
        return []

    def _wants_login(self, event: Object) -> bool:
        return event.get("type") == "ADDED" and event["object"]["metadata"]["namespace"] in self._namespaces

    def _matters(self, event: Object) -> bool:
        if event.get("type") != "MODIFIED":
            return True
        item = event["object"]
        return "deletionTimestamp" in item["metadata"] or Namespace.read(item) not in self._namespaces.values()


def write(path: pathlib.Path, text: str) -> None:
    """Write a file that is never seen half written."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def _version(listed: Object) -> str:
    return listed.get("metadata", {}).get("resourceVersion", "")


def main(file: str, port: str, report: str) -> None:
    """Run with the file that says what to place, the port to answer at, and the file that gets what is wrong."""
    wanted = Wanted.read(pathlib.Path(file).read_text())
    kubernetes = Kubernetes(address(os.environ))
    placer = Placer(kubernetes, wanted, report=functools.partial(write, pathlib.Path(report)))
    passes = Passes(placer.look, Changes(kubernetes, placer.watched), placer.problems)
    serve(int(port), {"/healthz": passes.well, "/placed": placer.placed})
    passes.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
