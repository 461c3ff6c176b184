"""Quotas: what Kubernetes counts, and how it wants that named.

Source: Kubernetes 1.34, `ValidateResourceQuota` of its core API, and the evaluators of pods, storage and object counts.
"""

import re
from collections.abc import Mapping
from typing import Any

import quota_scopes
from kubeflow_charms.engine.cluster import Object

EXTENDED = "requests."
"""What an extended resource such as nvidia.com/gpu is counted with before its name, and only so."""
COMPUTE = ("cpu", "memory", "ephemeral-storage")
COUNTED = (
    "pods",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
)
CORE = (
    "configmaps",
    "endpoints",
    "limitranges",
    "persistentvolumeclaims",
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
)
"""Kinds without a group that Kubernetes counts, by their plurals; of others `count/` wants the group, too."""
STANDARD = (
    *COMPUTE,
    *(f"{half}.{name}" for half in ("requests", "limits") for name in COMPUTE),
    "requests.storage",
    *COUNTED,
)
QUANTITY = r"[0-9]+(\.[0-9]+)?([KMGTPE]i|[mkMGTPE])?"
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = rf"{LABEL}(\.{LABEL})*"
NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
OF_A_CLASS = (
    rf"{DOMAIN}\.(storageclass|volumeattributesclass)\.storage\.k8s\.io/(requests\.storage|persistentvolumeclaims)|"
    rf"{DOMAIN}\.deviceclass\.resource\.k8s\.io/devices"
)
CLASSES = (".storageclass.storage.k8s.io", ".volumeattributesclass.storage.k8s.io", ".deviceclass.resource.k8s.io")


def hard(amounts: Mapping[str, Any]) -> Object:
    """Return the amounts of a quota by the names under which Kubernetes counts them.

    Raises:
        ValueError: Kubernetes would refuse one, or take it and never count it.
    """
    found: Object = {}
    for name, amount in sorted(amounts.items()):
        counted = _counted(name)
        if isinstance(amount, bool) or not re.fullmatch(QUANTITY, str(amount)):
            raise ValueError(f"quota: {amount!r} is no quantity of {name}, expected for example 8 or 32Gi")
        if _whole(counted) and not re.fullmatch(r"[0-9]+([KMGTPE]i|[kMGTPE])?", str(amount)):
            raise ValueError(f"quota: {amount!r} of {name} is no whole number, expected for example 1")
        if counted in found:
            raise ValueError(f"quota: {counted} is there twice")
        found[counted] = str(amount)
    return found


def specification(spec: Any) -> Object:
    """Return a ResourceQuota's spec with its amounts named as Kubernetes counts them.

    Raises:
        ValueError: it is none that Kubernetes would take.
    """
    expected = "expected {hard: {cpu: 8}}"
    if not isinstance(spec, dict) or not isinstance(spec.get("hard"), dict):
        raise ValueError(f"resources are no ResourceQuota's spec, {expected}")
    if unknown := sorted(spec.keys() - {"hard", "scopes", "scopeSelector"}):
        raise ValueError(f"resources: {unknown[0]} is unknown, {expected}")
    found = {**spec, "hard": hard(spec["hard"])}
    quota_scopes.check(found, STANDARD)
    return found


def _counted(name: str) -> str:
    """Return the name under which Kubernetes counts a resource."""
    expected = "expected for example cpu, memory, pods, nvidia.com/gpu or count/notebooks.kubeflow.org"
    domain, separator, rest = name.removeprefix(EXTENDED).partition("/")
    if name in STANDARD or re.fullmatch(r"(requests\.)?hugepages-[0-9]+[KMG]i", name):
        return name
    if not separator or not re.fullmatch(DOMAIN, domain) or not re.fullmatch(NAME, rest):
        raise ValueError(f"quota: {name!r} is no resource that Kubernetes counts, {expected}")
    if domain == "count":
        plural, _, group = rest.partition(".")
        known = re.fullmatch(rf"{LABEL}/{DOMAIN}", f"{plural}/{group}") if group else plural in CORE
        if name.startswith(EXTENDED) or not known:
            raise ValueError(f"quota: {name!r} would never be counted, {expected}")
        return name
    if re.fullmatch(OF_A_CLASS, name):
        return name
    if domain.startswith("limits.") or domain.endswith(("kubernetes.io", *CLASSES)):
        raise ValueError(f"quota: {name!r} would never be counted, {expected}")
    return f"{EXTENDED}{domain}/{rest}"


def _whole(name: str) -> bool:
    return (
        name in COUNTED
        or name.endswith("/persistentvolumeclaims")
        or ("/" in name and not name.endswith("/requests.storage"))
    )
