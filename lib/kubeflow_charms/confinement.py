"""Keep a workload's account to some namespaces, as a role cannot for those that are yet to come.

A ValidatingAdmissionPolicy does, which Kubernetes has since 1.30:
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

import json
from collections.abc import Iterable, Mapping

from .cluster import Object

NAMESPACES = {"profiles": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
"""Labels of namespaces by what a role calls them; the profile controller gives them to its own (kubeflow/dashboard)."""


def policies(account: str, namespace: str, own: Iterable[Object], labels: Mapping[str, str]) -> list[Object]:
    """Return the policy and its binding.

    Args:
        account: the ServiceAccount's name.
        namespace: where the account is.
        own: RBAC rules for that namespace, where nothing else may be changed.
        labels: of the other namespaces in which the account may change what its roles let it.
    """
    resources = sorted({resource for rule in own for resource in rule["resources"]})
    there = " && ".join(
        f"namespaceObject.metadata.labels[?{json.dumps(key)}].orValue('') == {json.dumps(value)}"
        for key, value in labels.items()
    )
    at_home = f"request.namespace == {json.dumps(namespace)} && request.resource.resource in {json.dumps(resources)}"
    by_it = f"request.userInfo.username == {json.dumps(f'system:serviceaccount:{namespace}:{account}')}"
    called = name(account, namespace)
    return [
        {
            **_head("ValidatingAdmissionPolicy", called),
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "resourceRules": [
                        {
                            "operations": ["CREATE", "UPDATE", "DELETE", "CONNECT"],
                            "apiGroups": ["*"],
                            "apiVersions": ["*"],
                            "resources": ["*/*"],
                            "scope": "Namespaced",
                        }
                    ]
                },
                "matchConditions": [{"name": "by-the-program", "expression": by_it}],
                "validations": [
                    {
                        "expression": f"({at_home}) || namespaceObject != null && "
                        f"has(namespaceObject.metadata.labels) && {there}",
                        "message": f"{account} of {namespace} may change nothing here: it works in namespaces with "
                        + ", ".join(f"{key}={value}" for key, value in labels.items()),
                        "reason": "Forbidden",
                    }
                ],
            },
        },
        {
            **_head("ValidatingAdmissionPolicyBinding", called),
            "spec": {"policyName": called, "validationActions": ["Deny"]},
        },
    ]


def name(account: str, namespace: str) -> str:
    """Return what the policy and its binding are called, in the whole cluster."""
    return f"{namespace}-{account}"


def _head(kind: str, name: str) -> Object:
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}}
