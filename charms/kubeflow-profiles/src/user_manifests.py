"""What related applications want in the namespace of every profile."""

import base64
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
from kubeflow_charms.cluster import Object
from kubeflow_charms.codecs import convert
from kubeflow_charms.endpoints import BoundEndpoint, From
from kubeflow_charms.interfaces import kubernetes_manifest
from kubeflow_charms.problems import Blocked, Problem, Waiting

RBAC = "rbac.authorization.k8s.io"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object that an endpoint takes.

    Attributes:
        plural: its name in URLs and roles.
    """

    endpoint: str
    api_version: str
    kind: str
    plural: str

    @property
    def group(self) -> str:
        """The API group; empty for Kubernetes' core."""
        return self.api_version.rpartition("/")[0]


KINDS = (
    Kind("pod-defaults", "kubeflow.org/v1alpha1", "PodDefault", "poddefaults"),
    Kind("secrets", "v1", "Secret", "secrets"),
    Kind("config-maps", "v1", "ConfigMap", "configmaps"),
    Kind("service-accounts", "v1", "ServiceAccount", "serviceaccounts"),
    Kind("roles", f"{RBAC}/v1", "Role", "roles"),
    Kind("role-bindings", f"{RBAC}/v1", "RoleBinding", "rolebindings"),
    Kind("authorization-policies", "security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies"),
)
"""Endpoints as the published resource-dispatcher has them, and one for policies of the mesh."""


class Secret(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of a Secret before Kubernetes sees it."""

    data: dict[str, str] | None = None
    string_data: dict[str, str | int | float | bool] | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a Role."""

    rules: list[dict[str, list[str]]] | None = None


class RoleReference(msgspec.Struct, frozen=True, kw_only=True):
    """What a RoleBinding hands out."""

    kind: Literal["Role", "ClusterRole"]
    name: str


class RoleBinding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is read of a RoleBinding."""

    role_ref: RoleReference


SHAPES = {"Secret": Secret, "Role": Role, "RoleBinding": RoleBinding}


@dataclasses.dataclass(frozen=True)
class UserManifests:
    """What is to be in users' namespaces.

    Attributes:
        kinds: those that some application is related for, with objects or without.
        objects: all of them; those with a namespace are for that one alone.
        problems: what is wrong or missing with an application's.
    """

    kinds: tuple[Kind, ...]
    objects: tuple[Object, ...]
    problems: tuple[Problem, ...]

    def with_secret(self, item: Object) -> "UserManifests":
        """Return the same with a Secret of the charm's own, which goes before one of its name."""
        kinds = tuple(kind for kind in KINDS if kind in self.kinds or kind.kind == "Secret")
        others = [other for other in self.objects if (other["kind"], other["metadata"]["name"]) != _named(item)]
        return dataclasses.replace(self, kinds=kinds, objects=(item, *others))

    @property
    def complete(self) -> bool:
        """Whether nothing is to come that an application may have sent before."""
        return not any(isinstance(problem, Waiting) for problem in self.problems)

    @property
    def rights(self) -> list[Object]:
        """Rules for whoever makes the objects: Kubernetes lets nobody hand out what she may not do herself."""
        found: list[Object] = []
        for item in self.objects:
            if item["kind"] == "Role":
                found += item.get("rules") or []
            elif item["kind"] == "RoleBinding":
                role = item["roleRef"]
                found.append(
                    {
                        "apiGroups": [RBAC],
                        "resources": [f"{role['kind'].lower()}s"],
                        "resourceNames": [role["name"]],
                        "verbs": ["bind"],
                    }
                )
        return found


def collect(endpoints: Mapping[str, BoundEndpoint], read: Callable[[str], dict[str, str]]) -> UserManifests:
    """Return what all related applications send; of two objects of one name, the first counts.

    Args:
        endpoints: by name.
        read: returns the content of a Juju secret by its identifier.
    """
    kinds = tuple(kind for kind in KINDS if endpoints[kind.endpoint].relations)
    objects: dict[tuple[str, str, str], Object] = {}
    owners: dict[tuple[str, str, str], str] = {}
    problems: list[Problem] = []
    for kind in kinds:
        sent, bad = endpoints[kind.endpoint].readable()
        # One that has nothing to send yet keeps nobody from anything.
        problems += [problem for problem in bad if isinstance(problem, Blocked)]
        for sender in sent:
            found, problem = _objects(kind, sender, read)
            problems += [problem] if problem else []
            for item in found:
                key = (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
                if key in objects:
                    problems.append(_twice(kind, item, (owners[key], sender.application)))
                else:
                    objects[key], owners[key] = item, sender.application
    return UserManifests(kinds, tuple(objects.values()), tuple(problems))


def _named(item: Object) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


def _objects(
    kind: Kind, sender: From[kubernetes_manifest.Manifests], read: Callable[[str], dict[str, str]]
) -> tuple[list[Object], Problem | None]:
    try:
        found = kubernetes_manifest.objects(sender.data, read)
        return [_checked(kind, item) for item in found], None
    except ValueError as error:
        return [], Blocked(f"relation {kind.endpoint}: {sender.application} sends what is wrong: {error}")
    except Waiting as problem:
        return [], problem


def _checked(kind: Kind, item: Object) -> Object:
    """Return an object as it is to be placed.

    Raises:
        ValueError: it is of another kind than the endpoint is for, or lacks what its kind has.
    """
    if (item["apiVersion"], item["kind"]) != (kind.api_version, kind.kind):
        raise ValueError(f"a {item['kind']} of {item['apiVersion']}, expected a {kind.kind} of {kind.api_version}")
    try:
        convert(item, SHAPES.get(kind.kind, dict[str, Any]))
    except ValueError as error:
        raise ValueError(f"the {kind.kind} {item['metadata']['name']}: {error}") from error
    return _with_data(item) if kind.kind == "Secret" else item


def _with_data(item: Object) -> Object:
    """Return a Secret as Kubernetes tells it back, so that what is there can be compared with it."""
    plain: Mapping[str, Any] = item.get("stringData") or {}
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    return {
        **{key: value for key, value in item.items() if key != "stringData"},
        "data": {**(item.get("data") or {}), **encoded},
    }


def _twice(kind: Kind, item: Object, applications: Iterable[str]) -> Problem:
    both = " and ".join(sorted(set(applications)))
    return Blocked(f"relation {kind.endpoint}: {both} send the {kind.kind} {item['metadata']['name']} twice")
