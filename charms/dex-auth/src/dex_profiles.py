"""Which profiles a user has: a log-in without one ends at a page that asks to make one."""

from kubeflow_charms.engine.cluster import Cluster, Reference
from kubeflow_charms.engine.user_objects import EVERYWHERE, list_all


def of(cluster: Cluster, user: str) -> str:
    """Return a user's profiles with what she may do there; empty if there are none.

    What contributors are known by is KFAM's: annotations of their RoleBindings.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    owned = [
        f"{profile['metadata']['name']} (owner)"
        for profile in list_all(cluster, Reference("kubeflow.org/v1", "Profile", "list"))
        if (profile.get("spec", {}).get("owner") or {}).get("name") == user
    ]
    shared: list[str] = []
    for binding in list_all(cluster, Reference("rbac.authorization.k8s.io/v1", "RoleBinding", "list", EVERYWHERE)):
        notes = binding["metadata"].get("annotations") or {}
        where = f"{binding['metadata'].get('namespace')} (owner)"
        if notes.get("user") == user and notes.get("role") and where not in owned:
            shared.append(f"{binding['metadata'].get('namespace')} ({notes['role']})")
    return ", ".join(sorted(owned) + sorted(set(shared)))
