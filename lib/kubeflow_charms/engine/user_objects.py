"""Objects that belong to users rather than to the application: what an action reads and changes for its operator."""

from collections.abc import Mapping
from typing import Any

from .cluster import Cluster, Object, Reference

EVERYWHERE = "*"


def list_all(cluster: Cluster, kind: Reference, labels: Mapping[str, Any] | None = None) -> list[Object]:
    """Return all objects of a kind; none if the cluster does not know the kind.

    Args:
        cluster: where to look.
        kind: of which kind; its namespace is where to look, `EVERYWHERE` or empty for a cluster-scoped kind, and its
            name only says in a message what was looked for.
        labels: that the objects must have, with their values or operators of lightkube's.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """

    def send(client: Any, resource: Any, where: dict[str, str]) -> list[Object]:
        return [dict(item) for item in client.list(resource, labels=dict(labels or {}), **where)]

    return cluster.call(kind, send) or []


def by_place(cluster: Cluster, api_version: str, kind: str, namespace: str = "") -> list[Object]:
    """Return the objects of a namespaced kind, by namespace and name.

    Args:
        cluster: where to look.
        api_version: of the kind.
        kind: its name.
        namespace: the only one to look in; empty for all.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    items = list_all(cluster, Reference(api_version, kind, "list", namespace or EVERYWHERE))
    return sorted(items, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"]))


def merge(cluster: Cluster, reference: Reference, fields: Object) -> Object | None:
    """Change some fields of an object, whoever set them, and return it; None if it is not there.

    Args:
        cluster: where it is.
        reference: the object.
        fields: what to merge into it; None as a value takes a field away.

    Raises:
        Blocked: the application lacks trust, or Kubernetes refuses the fields.
        Waiting: Kubernetes does not answer.
    """

    def send(client: Any, resource: Any, where: dict[str, str]) -> Object:
        from lightkube.types import PatchType

        return dict(client.patch(resource, reference.name, fields, patch_type=PatchType.MERGE, **where))

    return cluster.call(reference, send)
