"""Profiles and what gives others access to them, as Kubernetes objects.

Names and annotations of a contributor's objects are those that KFAM 2.0 makes, so that the dashboard shows and
removes contributors that an action added, and the other way round.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kubeflow_charms.engine.cluster import Object, Reference
from kubeflow_charms.engine.ownership import NOT_JUJUS
from profile_principals import USER_HEADER, Principals

RBAC = "rbac.authorization.k8s.io"
ROLES = ("admin", "edit", "view")
QUOTA = "kf-resource-quota"
"""What the controller calls the ResourceQuota of a profile."""


@dataclasses.dataclass(frozen=True, order=True)
class Contributor:
    """Somebody who may work in another's profile; `role` is admin, edit or view."""

    user: str
    role: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Profile:
    """A profile as an operator thinks of it.

    Attributes:
        name: its own, and its namespace's.
        owner: kind and name, such as `{"kind": "User", "name": "ada@example.com"}`.
        quota: a ResourceQuota's spec; None leaves it as it is, one without amounts takes it away.
        contributors: who else works in it.
    """

    name: str
    owner: Mapping[str, str]
    quota: Mapping[str, Any] | None = None
    contributors: tuple[Contributor, ...] = ()


def reference(name: str) -> Reference:
    """Return what names a Profile in the cluster."""
    return Reference("kubeflow.org/v1", "Profile", name)


def manifest(profile: Profile, found: Object | None) -> Object:
    """Return the Profile to apply.

    Args:
        profile: what is wanted.
        found: what is there; its quota stays where no other is wanted.
    """
    spec = {"owner": dict(profile.owner)}
    quota = profile.quota if profile.quota is not None else (found or {}).get("spec", {}).get("resourceQuotaSpec")
    if quota and quota.get("hard"):
        spec["resourceQuotaSpec"] = dict(quota)
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        # Juju deletes with the application what it made, unless told not to: profiles and all their data outlive it.
        "metadata": {"name": profile.name, "labels": dict(NOT_JUJUS)},
        "spec": spec,
    }


def access(profile: str, contributor: Contributor, principals: Principals) -> list[Object]:
    """Return what lets a contributor in: a role for Kubernetes, and a policy for Istio but for who may only look.

    A server has no users of its own: whoever reaches it does what its account may.
    """
    name = binding_name(contributor)
    metadata = {
        "name": name,
        "namespace": profile,
        "labels": dict(NOT_JUJUS),
        "annotations": {"user": contributor.user, "role": contributor.role},
    }
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"kubeflow-{contributor.role}"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": contributor.user}],
    }
    if contributor.role == "view":
        return [binding]
    rule = {
        "from": [{"source": {"principals": [principals.gateway, principals.pipelines]}}],
        "when": [{"key": f"request.headers[{USER_HEADER}]", "values": [contributor.user]}],
    }
    policy = {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": {"rules": [rule]},
    }
    return [binding, policy]


def binding_name(contributor: Contributor) -> str:
    """Return the name that KFAM gives to a contributor's objects."""
    user = re.sub(r"[^A-Za-z0-9]+", "-", contributor.user)
    return re.sub(r"[^a-z0-9]+", "-", f"user-{user}-clusterrole-{contributor.role}".lower())


def describe(profile: Object, bindings: Iterable[Object]) -> Object:
    """Return a profile in the form that `profile_documents.read` takes.

    Args:
        profile: the Profile.
        bindings: RoleBindings, of its namespace or others.
    """
    name, spec = profile["metadata"]["name"], profile.get("spec", {})
    owner = spec.get("owner") or {}
    document: Object = {"name": name, "owner": owner.get("name", "")}
    if owner.get("kind", "User") != "User":
        document["owner"] = {"kind": owner["kind"], "name": owner.get("name", "")}
    if quota := spec.get("resourceQuotaSpec"):
        document["resources"] = quota
    people = sorted({person for person in map(_contributor, _within(bindings, name)) if person})
    if others := [person for person in people if person != Contributor(owner.get("name", ""), "admin")]:
        document["contributors"] = [{"name": person.user, "role": person.role} for person in others]
    if failed := [
        item for item in (profile.get("status") or {}).get("conditions") or [] if item.get("type") == "Failed"
    ]:
        document["problem"] = failed[-1].get("message", "")
    return document


def user(item: Object) -> str:
    """Return whom a RoleBinding or an AuthorizationPolicy lets in; empty if it does not say."""
    return (item["metadata"].get("annotations") or {}).get("user", "")


def _within(bindings: Iterable[Object], namespace: str) -> list[Object]:
    return [binding for binding in bindings if binding["metadata"].get("namespace") == namespace]


def _contributor(binding: Object) -> Contributor | None:
    role = (binding["metadata"].get("annotations") or {}).get("role")
    return Contributor(user(binding), role) if user(binding) and role in ROLES else None
