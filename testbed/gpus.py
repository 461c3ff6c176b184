"""GPUs that are not there: kubelet is told of them as the device plugin of NVIDIA's GPU operator tells it of real ones.

Pods that ask for one are placed, counted and told which they have. No program finds a GPU there.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from testbed import golang
from testbed.errors import TestbedError
from testbed.golang import Target
from testbed.machine import Machine, Program

NAME = "device-plugin"
VENDOR = "nvidia.com"
RESOURCE = re.compile(rf"{re.escape(VENDOR)}/((?:gpu|mig-\d+g\.\d+gb)(?:\.shared)?)=([1-9]\d{{0,2}})")
PRODUCT = "Testbed-GPU"


def build() -> dict[str, Path]:
    """Return the path of the device plugin by its name, built unless the cache has it.

    Raises:
        BuildError: Go refused.
        PackageError: there is no Go to build with.
    """
    return golang.build(NAME, [Target(NAME, ".")])


def parse(words: Iterable[str]) -> dict[str, int]:
    """Return how many devices there are to be of each resource.

    Args:
        words: such as `nvidia.com/gpu=2`.

    Raises:
        TestbedError: this is no resource of NVIDIA's device plugin, or no number.
    """
    found: dict[str, int] = {}
    for word in words:
        match = RESOURCE.fullmatch(word)
        if match is None:
            raise TestbedError(
                f"{word!r} is no resource of NVIDIA's device plugin with a number: give one like "
                "nvidia.com/gpu=2, nvidia.com/gpu.shared=4 or nvidia.com/mig-1g.5gb=1"
            )
        found[f"{VENDOR}/{match[1]}"] = int(match[2])
    return found


def labels(gpus: Mapping[str, int]) -> dict[str, str]:
    """Return what NVIDIA's GPU feature discovery says of such a node, as far as charms look at it."""
    found: dict[str, str] = {}
    for resource, number in gpus.items():
        label = resource.removesuffix(".shared")
        found[f"{label}.product"] = PRODUCT
        found[f"{label}.replicas"] = str(number if label != resource else 1)
    return found


def start(machine: Machine, gpus: Mapping[str, int], *, before: Iterable[str] = ()) -> None:
    """Announce devices, and wait until pods can have them; nothing happens if they are announced already.

    Args:
        machine: the testbed's.
        gpus: how many there are of each resource; with none, nothing is announced.
        before: resources that were announced until now; kubelet says within seconds that there are none any more.

    Raises:
        TestbedError: kubelet does not take them in time.
    """
    gone = [resource for resource in before if resource not in gpus]
    told = {**dict.fromkeys(labels(dict.fromkeys(gone, 1))), **labels(gpus)}
    patch = json.dumps({"metadata": {"labels": told}})
    machine.run("kubectl", "patch", "node", "node", "--type=merge", f"--patch={patch}")
    if gpus:
        machine.start(Program(NAME, (NAME, *(f"{resource}={number}" for resource, number in gpus.items()))))
    machine.await_(lambda: _allocatable(machine, gpus) == gpus, "kubelet to have the GPUs", seconds=60, log=NAME)


def stop(machine: Machine) -> None:
    """End the device plugin; the node has no healthy devices from then on."""
    if NAME in machine.programs():
        machine.stop(NAME)


def _allocatable(machine: Machine, resources: Iterable[str]) -> dict[str, int]:
    found = machine.run("kubectl", "get", "node", "node", "-o", "jsonpath={.status.allocatable}", check=False).stdout
    has = json.loads(found or "{}")
    return {resource: int(has.get(resource, 0)) for resource in resources}
