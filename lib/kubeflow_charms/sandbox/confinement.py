"""What Kubernetes itself checks of each request, as no role can say it: ValidatingAdmissionPolicies.

Kubernetes has them since 1.30: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.cluster import Object

NAMESPACES = {"profiles": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
"""Labels of namespaces by what a role calls them; the profile controller gives them to its own (kubeflow/dashboard)."""
OTHER_NAMESPACES: Object = {
    "namespaceSelector": {
        "matchExpressions": [
            {"key": key, "operator": "NotIn", "values": [value]} for key, value in NAMESPACES["profiles"].items()
        ]
    }
}
"""The peer of a NetworkPolicy that is every pod but those of profiles."""
REVIEWS = ("authentication.k8s.io", "authorization.k8s.io")
"""Groups whose objects are questions, and stay nowhere."""


def bound(name: str, specification: Mapping[str, Any], **binding: Any) -> list[Object]:
    """Return a policy that lets nothing by while it cannot be evaluated, and the binding that makes it deny.

    Args:
        name: of both, in the whole cluster.
        specification: of the policy.
        binding: what the binding has beyond that.
    """
    return [
        _object("ValidatingAdmissionPolicy", name, {"failurePolicy": "Fail", **specification}),
        _object(
            "ValidatingAdmissionPolicyBinding", name, {"policyName": name, "validationActions": ["Deny"], **binding}
        ),
    ]


def within(labels: Mapping[str, str]) -> str:
    """Return, in CEL, whether an object is in a namespace with these labels."""
    found = (
        f"namespaceObject.metadata.labels[?{json.dumps(key)}].orValue('') == {json.dumps(value)}"
        for key, value in labels.items()
    )
    return " && ".join(("namespaceObject != null", "has(namespaceObject.metadata.labels)", *found))


def policies(
    account: str,
    namespace: str,
    own: Mapping[str, Iterable[Object]],
    labels: Mapping[str, str],
    nowhere: Iterable[str] = (),
) -> list[Object]:
    """Return what keeps a workload's account to some namespaces, as a role cannot for those that are yet to come.

    Args:
        account: the ServiceAccount's name.
        namespace: where the account is.
        own: RBAC rules by namespace, where nothing else may be changed.
        labels: of the other namespaces in which the account may change what its roles let it.
        nowhere: resources in no namespace that it may change as well.
    """
    at_home = " || ".join(
        f"request.namespace == {json.dumps(where)} && request.resource.resource in {json.dumps(rule['resources'])}"
        + (f" && request.name in {json.dumps(rule['resourceNames'])}" if rule.get("resourceNames") else "")
        for where, rules in own.items()
        for rule in rules
    )
    asking = f"request.resource.group in {json.dumps(REVIEWS)}"
    unplaced = f"namespaceObject == null && request.resource.resource in {json.dumps(list(nowhere))}"
    by_it = f"request.userInfo.username == {json.dumps(f'system:serviceaccount:{namespace}:{account}')}"
    every = {
        "operations": ["CREATE", "UPDATE", "DELETE", "CONNECT"],
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "resources": ["*/*"],
    }
    kept = {
        "expression": f"({at_home or 'false'}) || ({asking}) || ({unplaced}) || {within(labels)}",
        "message": f"{account} of {namespace} may change nothing here: it works in namespaces with "
        + ", ".join(f"{key}={value}" for key, value in labels.items()),
        "reason": "Forbidden",
    }
    return bound(
        name(account, namespace),
        {
            "matchConstraints": {"resourceRules": [every]},
            "matchConditions": [{"name": "by-the-program", "expression": by_it}],
            "validations": [kept],
        },
    )


def made_there(name: str, kinds: list[Object], labels: Mapping[str, str]) -> list[Object]:
    """Return what refuses kinds to be made where nobody works on them: they would wait there, and say nothing of it.

    Args:
        name: of the policy and its binding, in the whole cluster.
        kinds: `apiGroups` and `resources`.
        labels: of the namespaces in which somebody does.
    """
    spoken = ", ".join(f"{key}={value}" for key, value in labels.items())
    message = f"request.kind.kind + {json.dumps(f' is for namespaces with {spoken}, and ')} + request.namespace + "
    message += "' has no such label: nothing would come of it here, make it in the namespace of a profile'"
    rules = [{**kind, "apiVersions": ["*"], "operations": ["CREATE"], "scope": "Namespaced"} for kind in kinds]
    validation = {"expression": within(labels), "messageExpression": message, "reason": "Forbidden"}
    return bound(name, {"matchConstraints": {"resourceRules": rules}, "validations": [validation]})


def name(account: str, namespace: str) -> str:
    """Return what the policy and its binding are called, in the whole cluster."""
    return f"{namespace}-{account}"


def _object(kind: str, name: str, specification: Object) -> Object:
    version = "admissionregistration.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": specification}
