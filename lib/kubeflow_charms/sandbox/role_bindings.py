"""What hands the rights of a role to a program's account."""

from ..engine.cluster import Object

RBAC = "rbac.authorization.k8s.io"


def binding(kind: str, role: str, name: str, account: str, namespace: str) -> Object:
    """Return a binding that has the name of its role.

    Args:
        kind: RoleBinding or ClusterRoleBinding.
        role: the role's kind, Role or ClusterRole.
        name: of both.
        account: the ServiceAccount.
        namespace: the account's.
    """
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": role, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
