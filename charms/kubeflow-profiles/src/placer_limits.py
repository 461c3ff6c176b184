"""What containers get that say nothing, in the namespaces of profiles with a quota of processors or memory.

Kubernetes refuses a container that does not say what a quota counts, unless a LimitRange says it in its place.
"""

from collections.abc import Mapping
from typing import Any

NAME = "kubeflow-defaults"


def limit_range(
    profile: Mapping[str, Any], requests: Mapping[str, str], limits: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the LimitRange for a Profile's namespace; None if its quota needs none.

    Args:
        profile: with its quota.
        requests: what containers then ask for, by `cpu` and `memory`.
        limits: what they may then use at most, where the quota counts limits.
    """
    counted = ((profile.get("spec") or {}).get("resourceQuotaSpec") or {}).get("hard") or {}
    asked = {name: amount for name, amount in requests.items() if counted.keys() & {name, f"requests.{name}"}}
    most = {name: amount for name, amount in limits.items() if f"limits.{name}" in counted}
    given = {key: amounts for key, amounts in (("defaultRequest", asked), ("default", most)) if amounts}
    if not given:
        return None
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": NAME, "namespace": profile["metadata"]["name"]},
        "spec": {"limits": [{"type": "Container", **given}]},
    }
