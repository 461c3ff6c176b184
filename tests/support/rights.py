"""What programs ask of Kubernetes and what upstream allows them: `tests/rights.yaml` of a charm, beside its roles.

A right is written as verbs with commas between, resources, and an API group after `@`, none for the core group:

    get,list pods pods/log
    bind clusterroles=kubeflow-edit @rbac.authorization.k8s.io

`*` stands for any verb, resource or group, and `=` gives a resource's name.
"""

import contextlib
import dataclasses
import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import yaml

from .apiserver import Object


@dataclasses.dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource.

    Attributes:
        verb: such as `get`.
        resource: such as `pods` or `pods/log`.
        group: the API group, empty for the core group.
        name: of the only object that is meant; empty for any.
    """

    verb: str
    resource: str
    group: str = ""
    name: str = ""

    def __str__(self) -> str:
        named = f"{self.resource}={self.name}" if self.name else self.resource
        return f"{self.verb} {named}" + (f" @{self.group}" if self.group else "")

    def covers(self, other: "Right") -> bool:
        """Tell whether who has this right has the other one, too."""
        pairs = ((self.verb, other.verb), (self.resource, other.resource), (self.group, other.group))
        return all(mine in ("*", theirs) for mine, theirs in pairs) and self.name in ("", other.name)

    def attributes(self, namespace: str) -> Object:
        """Return what a SubjectAccessReview asks; in every namespace if that is empty."""
        resource, _, part = self.resource.partition("/")
        asked = {"verb": self.verb, "resource": resource, "subresource": part, "group": self.group, "name": self.name}
        return {**asked, "namespace": namespace}


@dataclasses.dataclass(frozen=True)
class Program:
    """What one program may need.

    Attributes:
        everywhere: what it asks for of the whole cluster.
        here: what it asks for in its own namespace.
        upstream: what upstream's manifests allow it.
    """

    everywhere: frozenset[Right]
    here: frozenset[Right]
    upstream: frozenset[Right]


def load(root: pathlib.Path) -> dict[str, Program]:
    """Return the programs of a charm, by container; none if it has no `tests/rights.yaml`."""
    path = root / "tests" / "rights.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return {
        container: Program(*(frozenset(read(fields.get(key, ()))) for key in ("everywhere", "here", "upstream")))
        for container, fields in document.items()
    }


def read(lines: Iterable[str]) -> Iterator[Right]:
    """Yield the rights of lines such as `get,list pods @group`."""
    for line in lines:
        words, _, group = line.partition("@")
        verbs, *resources = words.split()
        for verb, resource in itertools.product(verbs.split(","), resources):
            name, _, only = resource.partition("=")
            yield Right(verb, name, group.strip(), only)


def of_rules(rules: Iterable[Object]) -> Iterator[Right]:
    """Yield the rights of a role's rules."""
    for rule in rules:
        names = rule.get("resourceNames") or [""]
        for parts in itertools.product(rule["verbs"], rule["resources"], rule["apiGroups"], names):
            yield Right(*parts)


@contextlib.contextmanager
def everything(http: httpx2.Client, user: str) -> Iterator[None]:
    """Let a user do all that roles can let anybody do, meanwhile."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    binding = {
        "metadata": {"name": "tests-everything"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    http.post(path, json=binding).raise_for_status()
    try:
        yield
    finally:
        http.delete(f"{path}/tests-everything").raise_for_status()
