"""What related applications want in the namespace of every profile."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
from kubeflow_charms.engine.cluster import Object
from kubeflow_charms.engine.problems import Blocked, Problem, Waiting
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.relations.codecs import convert
from kubeflow_charms.relations.endpoints import BoundEndpoint

RBAC = "rbac.authorization.k8s.io"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object that is placed.

    Attributes:
        endpoint: the one that published applications send it to; empty for what they do not send.
        plural: its name in URLs and roles.
        everywhere: whether the program may look at those of all namespaces at once.
    """

    endpoint: str
    api_version: str
    kind: str
    plural: str
    everywhere: bool = True

    @property
    def group(self) -> str:
        """The API group; empty for Kubernetes' core."""
        return self.api_version.rpartition("/")[0]


KINDS = (
    Kind("role-bindings", f"{RBAC}/v1", "RoleBinding", "rolebindings"),
    Kind("roles", f"{RBAC}/v1", "Role", "roles"),
    Kind("service-accounts", "v1", "ServiceAccount", "serviceaccounts"),
    Kind("secrets", "v1", "Secret", "secrets", everywhere=False),
    Kind("config-maps", "v1", "ConfigMap", "configmaps"),
    Kind("pod-defaults", "kubeflow.org/v1alpha1", "PodDefault", "poddefaults"),
    Kind("authorization-policies", "security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies"),
    Kind("", "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    Kind("", "v1", "Service", "services"),
    Kind("", "apps/v1", "Deployment", "deployments"),
)
"""What can be placed, in the order in which it is: what others need goes first.

Endpoints are those of the published resource-dispatcher, and one for policies of the mesh; each takes every kind.
"""


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
class Sender:
    """What one application sends to one endpoint.

    Attributes:
        endpoint: ours.
        objects: those with a namespace are for that one alone.
        selector: the labels that a profile's namespace needs to get them.
        takes_over: annotations of an earlier maker's objects, which the program goes on with.
        keys: from which the program makes what differs from namespace to namespace.
    """

    endpoint: str
    objects: tuple[Object, ...]
    selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    takes_over: Mapping[str, str] = dataclasses.field(default_factory=dict)
    keys: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)


@dataclasses.dataclass(frozen=True)
class UserManifests:
    """What is to be in users' namespaces.

    Attributes:
        related: the endpoints that some application is related to, with objects or without.
        senders: what they send.
        problems: what is wrong or missing with an application's.
    """

    related: tuple[str, ...]
    senders: tuple[Sender, ...]
    problems: tuple[Problem, ...]

    def with_secret(self, item: Object) -> "UserManifests":
        """Return the same with a Secret of the charm's own, which goes before one of its name."""
        others = tuple(
            dataclasses.replace(
                sender, objects=tuple(other for other in sender.objects if _named(other) != _named(item))
            )
            for sender in self.senders
        )
        related = tuple(dict.fromkeys((*self.related, "secrets")))
        return dataclasses.replace(self, related=related, senders=(Sender("secrets", (item,)), *others))

    @property
    def objects(self) -> tuple[Object, ...]:
        """All objects of all applications."""
        return tuple(item for sender in self.senders for item in sender.objects)

    @property
    def placed(self) -> tuple[tuple[str, Kind], ...]:
        """Every kind that is placed for an endpoint: what published applications send there, and what is sent."""
        sent = {(sender.endpoint, *_kind(item)) for sender in self.senders for item in sender.objects}
        return tuple(
            (endpoint, kind)
            for endpoint in self.related
            for kind in KINDS
            if kind.endpoint == endpoint or (endpoint, kind.api_version, kind.kind) in sent
        )

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
    related = tuple(name for name, endpoint in endpoints.items() if endpoint.relations)
    owners: dict[tuple[str, str, str], str] = {}
    senders: list[Sender] = []
    problems: list[Problem] = []
    for name in related:
        sent, bad = endpoints[name].readable()
        # One that has nothing to send yet keeps nobody from anything.
        problems += [problem for problem in bad if isinstance(problem, Blocked)]
        for sender in sent:
            try:
                wish = placed_objects.wish(sender.data, read)
                found = [_checked(item) for item in wish.objects]
            except ValueError as error:
                problems.append(Blocked(f"relation {name}: {sender.application} sends invalid data: {error}"))
                continue
            except Waiting as problem:
                problems.append(problem)
                continue
            first: list[Object] = []
            for item in found:
                key = (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
                if key in owners:
                    problems.append(_twice(name, item, (owners[key], sender.application)))
                else:
                    owners[key] = sender.application
                    first.append(item)
            senders.append(Sender(name, tuple(first), wish.selector, wish.takes_over, wish.keys))
    return UserManifests(related, tuple(senders), tuple(problems))


def _kind(item: Object) -> tuple[str, str]:
    return item["apiVersion"], item["kind"]


def _named(item: Object) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


def _checked(item: Object) -> Object:
    """Return an object as it is to be placed.

    Raises:
        ValueError: it is of a kind that is not placed, or lacks what its kind has.
    """
    if _kind(item) not in {(kind.api_version, kind.kind) for kind in KINDS}:
        known = ", ".join(sorted(kind.kind for kind in KINDS))
        raise ValueError(f"a {item['kind']} of {item['apiVersion']}, expected one of {known}")
    try:
        convert(item, SHAPES.get(item["kind"], dict[str, Any]))
    except ValueError as error:
        raise ValueError(f"the {item['kind']} {item['metadata']['name']}: {error}") from error
    return item


def _twice(endpoint: str, item: Object, applications: Iterable[str]) -> Problem:
    both = " and ".join(sorted(set(applications)))
    return Blocked(f"relation {endpoint}: {both} send the {item['kind']} {item['metadata']['name']} twice")
