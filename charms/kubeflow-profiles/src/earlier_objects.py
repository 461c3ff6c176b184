"""What was made before Kubernetes refused it: admission policies look at what is made or changed, not at what is there.

An operator is shown it by the action list-profiles, and decides what goes; nothing here changes anything.
"""

import re
from collections.abc import Mapping

import profile_objects
from kubeflow_charms.engine.cluster import Cluster, Object, Reference
from kubeflow_charms.engine.user_objects import by_place, list_all

MAKERS = ("InferenceService", "InferenceGraph", "Route", "DomainMapping", "ServerlessService")
"""Whose Services may lead elsewhere, see service-fence.yaml.j2: those of KServe and Knative, which belong to these."""


def found(cluster: Cluster, reserved: str, profiles: Mapping[str, str]) -> dict[str, list[str]]:
    """Return by kind what is in profiles and would be refused now, as NAMESPACE/NAME; kinds without any are left out.

    Args:
        cluster: where to look.
        reserved: a regular expression for names that no profile may have.
        profiles: the label that tells a profile's namespace.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    names = {item["metadata"]["name"] for item in list_all(cluster, profile_objects.reference("list"))}
    places = {item["metadata"]["name"] for item in list_all(cluster, Reference("v1", "Namespace", "list"), profiles)}
    services = by_place(cluster, "v1", "Service")
    bindings = by_place(cluster, f"{profile_objects.RBAC}/v1", "RoleBinding")
    all_found = {
        "profiles": sorted(name for name in names if re.fullmatch(reserved, name)),
        "services": [_place(item) for item in services if _astray(item) and _namespace(item) in places],
        "rolebindings": [_place(item) for item in bindings if _confusing(item) and _namespace(item) in places],
    }
    return {kind: items for kind, items in all_found.items() if items}


def _astray(service: Object) -> bool:
    """Tell whether a Service leads, or may be made to lead, to what is not its profile's pods."""
    spec = service.get("spec") or {}
    if any(owner["kind"] in MAKERS for owner in service["metadata"].get("ownerReferences") or ()):
        return False
    return bool(spec.get("type", "ClusterIP") != "ClusterIP" or spec.get("externalIPs") or not spec.get("selector"))


def _confusing(binding: Object) -> bool:
    """Tell whether a contributor's RoleBinding names another than its annotation, or not exactly one."""
    said = binding["metadata"].get("annotations") or {}
    if not {"user", "role"} <= said.keys():
        return False
    return [subject.get("name") for subject in binding.get("subjects") or ()] != [said["user"]]


def _namespace(item: Object) -> str:
    return str(item["metadata"]["namespace"])


def _place(item: Object) -> str:
    return f"{_namespace(item)}/{item['metadata']['name']}"
