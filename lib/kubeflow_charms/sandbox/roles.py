"""A program's own identity in Kubernetes: its ServiceAccount, the rights of its role, and the Lease it elects by."""

from collections.abc import Sequence

from ..engine.cluster import Object
from . import confinement
from .role_bindings import RBAC, binding


def identity(name: str, namespace: str, rules: Object, further: Sequence[Object] = ()) -> list[Object]:
    """Return a ServiceAccount, the roles that `rules` asks for, and what keeps them to some namespaces.

    Args:
        name: of the ServiceAccount, and of its Role.
        namespace: where it is.
        rules: lists of RBAC rules under `cluster`, for the whole cluster, and `namespace`, for its own namespace; under
            `only_in`, a key of `confinement.NAMESPACES`, where alone the account may change anything besides, but for
            the resources in no namespace that `nowhere` lists, and those of `and_in`, rules by further namespaces that
            have a Role for it. `works_on` lists `apiGroups` and `resources` of what nobody makes elsewhere then.
        further: rules for its own namespace.
    """
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    own = [*(rules.get("namespace") or ()), *further]
    objects: list[Object] = [{**account, "automountServiceAccountToken": False}]
    for kind, role_name, granted in (
        ("ClusterRole", f"{namespace}-{name}", rules.get("cluster")),
        ("Role", name, own),
    ):
        if granted:
            role = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": role_name}, "rules": granted}
            objects += [role, binding(f"{kind}Binding", kind, role_name, name, namespace)]
    if place := rules.get("only_in"):
        labels, homes = confinement.NAMESPACES[place], {namespace: own, **(rules.get("and_in") or {})}
        objects += confinement.policies(name, namespace, homes, labels, rules.get("nowhere") or ())
        if kinds := rules.get("works_on"):
            objects += confinement.made_there(f"{confinement.name(name, namespace)}-works-on", kinds, labels)
    return objects


def lease(name: str) -> Object:
    """Return the Lease by which units elect one that works."""
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}


def lease_rule(name: str) -> Object:
    """Return the rule that lets a program hold a Lease which is there."""
    return {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [name],
        "verbs": ["get", "update"],
    }
