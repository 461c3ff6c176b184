"""Which GPUs the cluster's nodes have.

Source of the resources' names: NVIDIA's Kubernetes device plugin with time-slicing and MIG, AMD's and Intel's device
plugins. Source of the labels: NVIDIA's GPU feature discovery.
"""

import dataclasses
import pathlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from kubeflow_charms.engine import remembered

Object = dict[str, Any]

PATIENCE = 200
"""Seconds that an answer counts; less than between two of Juju's update-status, which so always asks anew."""

NAMES = {
    r"nvidia\.com/gpu(?:\.shared)?": "NVIDIA",
    r"nvidia\.com/mig-(.+?)(?:\.shared)?": "NVIDIA MIG {}",
    r"amd\.com/gpu": "AMD",
    r"amd\.com/([a-z]+_nps[0-9])": "AMD {}",
    r"habana\.ai/gaudi": "Intel Gaudi",
    r"gpu\.intel\.com/(?:i915|xe)": "Intel",
}
"""What users read, by the resource that a device plugin announces; of a part of a GPU with its size."""


@dataclasses.dataclass(frozen=True)
class Gpu:
    """GPUs of one kind.

    Attributes:
        resource: that a pod asks for, such as nvidia.com/gpu.
        name: what users read.
        number: how many pods can have, in all nodes.
        nodes: the names of the nodes, sorted.
        products: what the nodes say of them, sorted.
        shares: how many pods share one; 1 where each has one for itself.
    """

    resource: str
    name: str
    number: int
    nodes: tuple[str, ...]
    products: tuple[str, ...] = ()
    shares: int = 1

    def __str__(self) -> str:
        shared = f" (each GPU shared by {self.shares})" if self.shares > 1 else ""
        return f"{self.number} {self.resource}{shared}"


def found(nodes: Iterable[Object]) -> tuple[Gpu, ...]:
    """Return the GPUs that pods can have, by resource.

    Args:
        nodes: all nodes, as Kubernetes has them.
    """
    numbers: Counter[str] = Counter()
    having: dict[str, list[Object]] = {}
    for node in nodes:
        for resource, amount in ((node.get("status") or {}).get("allocatable") or {}).items():
            if name_of(resource) and _whole(amount):
                numbers[resource] += _whole(amount)
                having.setdefault(resource, []).append(node)
    return tuple(_gpu(resource, numbers[resource], having[resource]) for resource in sorted(numbers))


def recent(memory: pathlib.Path, ask: Callable[[], Iterable[Object]]) -> tuple[Gpu, ...]:
    """Return the GPUs that pods can have, without asking in each of the many hooks of a deployment.

    Args:
        memory: a file that keeps the last answer; the unit's own, and gone with its pod.
        ask: returns all nodes.
    """
    if remembered.recent(memory, PATIENCE):
        try:
            return msgspec.json.decode(memory.read_bytes(), type=tuple[Gpu, ...])
        except (FileNotFoundError, msgspec.DecodeError):
            memory.unlink(missing_ok=True)
    gpus = found(ask())
    memory.write_bytes(msgspec.json.encode(gpus))
    return gpus


def name_of(resource: str) -> str:
    """Return what users read for a resource; empty for one that is no GPU."""
    for pattern, name in NAMES.items():
        if match := re.fullmatch(pattern, resource):
            return name.format(*match.groups())
    return ""


def used(pods: Iterable[Object]) -> dict[str, int]:
    """Return how many GPUs pods have, by resource.

    Args:
        pods: all pods, as Kubernetes has them; those that ended have none.
    """
    numbers: Counter[str] = Counter()
    for pod in pods:
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed") or not pod["spec"].get("nodeName"):
            continue
        for container in pod["spec"].get("containers") or []:
            for resource, amount in ((container.get("resources") or {}).get("limits") or {}).items():
                if name_of(resource):
                    numbers[resource] += _whole(amount)
    return dict(numbers)


def describe(gpus: Iterable[Gpu]) -> str:
    """Return what was found, in words for the status."""
    return ", ".join(map(str, gpus)) or "no GPUs found"


def table(gpus: Iterable[Gpu], in_use: Mapping[str, int]) -> list[Object]:
    """Return what was found, for an operator.

    Args:
        gpus: what there is.
        in_use: how many of each resource pods have.
    """
    return [
        {
            "resource": gpu.resource,
            "name": gpu.name,
            "number": gpu.number,
            "in-use": in_use.get(gpu.resource, 0),
            "shared-by": gpu.shares,
            "nodes": list(gpu.nodes),
            "products": list(gpu.products),
        }
        for gpu in gpus
    ]


def _gpu(resource: str, number: int, nodes: list[Object]) -> Gpu:
    label = resource.removesuffix(".shared")
    labels = [node["metadata"].get("labels") or {} for node in nodes]
    shares = max(_whole(item.get(f"{label}.replicas", "1")) for item in labels)
    name = name_of(resource)
    return Gpu(
        resource=resource,
        name=f"{name}, shared by {shares}" if shares > 1 else name,
        number=number,
        nodes=tuple(sorted(node["metadata"]["name"] for node in nodes)),
        products=tuple(sorted({item[f"{label}.product"] for item in labels if f"{label}.product" in item})),
        shares=max(shares, 1),
    )


def _whole(amount: Any) -> int:
    """Return an amount of devices, which come whole; 0 for what is no number."""
    text = str(amount)
    return int(text) if text.isdecimal() else 0
