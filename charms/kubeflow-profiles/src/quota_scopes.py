"""Scopes, which say what objects a quota counts at all, and what Kubernetes refuses of them.

Source: Kubernetes 1.34, `validateResourceQuotaScopes` and `validateScopedResourceSelectorRequirement` of its core API.
"""

from collections.abc import Collection, Mapping
from typing import Any

PODS = ("pods", *(f"{half}{name}" for half in ("", "requests.", "limits.") for name in ("cpu", "memory")))
COUNTS: Mapping[str, Collection[str]] = {
    "Terminating": PODS,
    "NotTerminating": PODS,
    "BestEffort": ("pods",),
    "NotBestEffort": PODS,
    "PriorityClass": PODS,
    "CrossNamespacePodAffinity": PODS,
    "VolumeAttributesClass": ("persistentvolumeclaims", "requests.storage"),
}
"""The resources without a domain that a quota of a scope may have."""
WITH_VALUES = ("PriorityClass", "VolumeAttributesClass")
"""Scopes for which a selector may ask for more than that there is one."""
OPERATORS = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}
"""Of a selector, and whether each wants values."""
EXCLUDE = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})


def check(spec: Mapping[str, Any], standard: Collection[str]) -> None:
    """Look at the scopes of a ResourceQuota's spec.

    Args:
        spec: with `hard` as Kubernetes counts it.
        standard: the resources without a domain.

    Raises:
        ValueError: Kubernetes would refuse them.
    """
    scopes, selector = spec.get("scopes", []), spec.get("scopeSelector", {})
    if not isinstance(scopes, list):
        raise ValueError(f"resources: scopes are no list of {', '.join(COUNTS)}")
    found = selector.get("matchExpressions", []) if isinstance(selector, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError("resources: scopeSelector has no list of matchExpressions")
    _check_names(scopes, spec["hard"].keys() & set(standard))
    _check_names([item.get("scopeName") for item in found], spec["hard"].keys() & set(standard))
    for item in found:
        _check_requirement(item)


def _check_names(scopes: list[Any], resources: Collection[str]) -> None:
    for scope in map(str, scopes):
        if scope not in COUNTS:
            raise ValueError(f"resources: scope {scope} is unknown, expected some of {', '.join(COUNTS)}")
        if wrong := sorted(set(resources) - set(COUNTS[scope])):
            raise ValueError(f"resources: {wrong[0]} cannot be counted with scope {scope}")
    if any(pair <= set(map(str, scopes)) for pair in EXCLUDE):
        raise ValueError("resources: one scope excludes the other")


def _check_requirement(item: Mapping[str, Any]) -> None:
    scope, operator, values = item["scopeName"], str(item.get("operator")), item.get("values") or []
    if operator not in OPERATORS:
        raise ValueError(f"resources: operator {operator} is unknown, expected some of {', '.join(OPERATORS)}")
    if scope not in WITH_VALUES and operator != "Exists":
        raise ValueError(f"resources: operator {operator} is not for scope {scope}, expected Exists")
    if not isinstance(values, list) or bool(values) != OPERATORS[operator]:
        raise ValueError(f"resources: operator {operator} wants {'values' if OPERATORS[operator] else 'no values'}")
