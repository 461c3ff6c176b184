"""The memory of charms, as the kernel counts it by control group."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

CHARM = "charm"
"""What Juju calls the container that a unit's agent and charm run in."""


def charm_containers(pods: str) -> dict[str, str]:
    """Return the ID of each unit's charm container by its pod, from `kubectl get pods -o json`."""
    found: dict[str, str] = {}
    for pod in json.loads(pods)["items"]:
        statuses: Iterable[Mapping[str, Any]] = pod["status"].get("containerStatuses") or ()
        for status in statuses:
            if status["name"] == CHARM and status.get("containerID"):
                found[pod["metadata"]["name"]] = status["containerID"].rpartition("/")[2]
    return found


def resident(groups: Iterable[pathlib.Path], container: str) -> int | None:
    """Return the bytes that a container's processes hold in memory, or None if it has no control group.

    Args:
        groups: the control group of all pods in each hierarchy.
        container: the container's ID, which is in the name of its group.
    """
    for group in groups:
        # Groups of other containers come and go meanwhile, which this passes over.
        for folder, _, files in os.walk(group):
            if container in pathlib.PurePath(folder).name and "memory.stat" in files:
                return sum_of(pathlib.Path(folder, "memory.stat").read_text())
    return None


def sum_of(statistics: str) -> int:
    """Return anonymous and mapped memory in bytes from memory.stat, of version 1 or 2."""
    values = {name: int(value) for name, value in (line.split() for line in statistics.splitlines())}
    for anonymous, mapped in (("total_rss", "total_mapped_file"), ("anon", "file_mapped")):
        if anonymous in values:
            return values[anonymous] + values.get(mapped, 0)
    return 0
