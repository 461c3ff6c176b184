"""Who has GPUs, since when, and for how long nobody has used them.

Source of label and annotation: kubeflow/kubeflow, notebook-controller, whose culler writes when a server was last used.
"""

import datetime
from collections.abc import Iterable
from typing import Any

import notebook_gpus
from idle_servers import LAST_ACTIVITY

Object = dict[str, Any]


def holders(
    pods: Iterable[Object], notebooks: Iterable[Object], profiles: Iterable[Object], now: datetime.datetime
) -> list[dict[str, Any]]:
    """Return the pods that have GPUs, those that are idle for longest first; times are in hours.

    `idle-hours` is missing where nobody knows: of what is no notebook server, or while culling is off.

    Args:
        pods: all pods.
        notebooks: all Notebooks.
        profiles: all Profiles, which say whose a namespace is.
        now: when it is.
    """
    owners = {item["metadata"]["name"]: (item["spec"].get("owner") or {}).get("name", "") for item in profiles}
    used = {_key(item): (item["metadata"].get("annotations") or {}).get(LAST_ACTIVITY, "") for item in notebooks}
    found: list[dict[str, Any]] = []
    for pod in pods:
        for resource, number in notebook_gpus.used([pod]).items():
            metadata = pod["metadata"]
            server = (metadata["namespace"], (metadata.get("labels") or {}).get("notebook-name", ""))
            idle = _hours(used.get(server, ""), now)
            row = {
                "owner": owners.get(metadata["namespace"], ""),
                "namespace": metadata["namespace"],
                "pod": metadata["name"],
                "resource": resource,
                "number": number,
                "hours": _hours((pod.get("status") or {}).get("startTime", ""), now) or 0.0,
            }
            found.append(row if idle is None else {**row, "idle-hours": idle})
    return sorted(found, key=lambda row: (-row.get("idle-hours", -1.0), row["namespace"], row["pod"]))


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _hours(moment: str, now: datetime.datetime) -> float | None:
    try:
        return round((now - datetime.datetime.fromisoformat(moment)).total_seconds() / 3600, 1)
    except (TypeError, ValueError):
        return None
