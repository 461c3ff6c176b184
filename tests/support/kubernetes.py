"""The testbed's Kubernetes, as its administrator sees it."""

import dataclasses
import json
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

COMES_AND_GOES = {
    "apiservices.apiregistration.k8s.io",
    "certificatesigningrequests.certificates.k8s.io",
    "componentstatuses",
    "csinodes.storage.k8s.io",
    "ipaddresses.networking.k8s.io",
    "nodes",
    "persistentvolumes",
    "volumeattachments.storage.k8s.io",
}
"""Kinds that Kubernetes makes and removes in its own time, volumes with the claims of any model among them."""


def kubectl(*arguments: str, given: str = "") -> str:
    """Run kubectl.

    Raises:
        AssertionError: it failed; the message holds what it said.
    """
    done = subprocess.run(["kubectl", *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr.strip()}"
    return done.stdout


def look_up(*arguments: str) -> Any:
    """Return what `kubectl get` finds, as JSON."""
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def cluster_scoped() -> set[str]:
    """Return all cluster-scoped objects, namespaces among them, as `kind.group/name`; without what comes and goes."""
    kinds = kubectl("api-resources", "--namespaced=false", "--verbs=list", "-o", "name").split()
    kept = ",".join(sorted(set(kinds) - COMES_AND_GOES))
    return set(kubectl("get", kept, "-o", "name", "--ignore-not-found").split())


def config_maps() -> set[str]:
    """Return the ConfigMaps of all namespaces, as `namespace/name`."""
    items = look_up("configmaps", "--all-namespaces")["items"]
    return {f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in items}


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of a container, as the node sees it.

    Attributes:
        number: its number on the node.
        command: what it was started with.
        user: its effective user.
        capabilities: its permitted capabilities, a bit for each.
    """

    number: int
    command: str
    user: int
    capabilities: int

    def sees(self, path: str) -> pathlib.Path:
        """Return where the node finds what is at an absolute path of the container."""
        root = found = pathlib.Path(f"/proc/{self.number}/root")
        parts = list(reversed(pathlib.PurePosixPath(path).parts[1:]))
        while parts:
            found /= parts.pop()
            if found.is_symlink():
                target = found.readlink()
                # What is absolute in the container is not so on the node.
                found = root if target.is_absolute() else found.parent
                parts += reversed([part for part in target.parts if part != "/"])
        return found

    @property
    def environment(self) -> str:
        """Its environment, a variable a line."""
        return pathlib.Path(f"/proc/{self.number}/environ").read_text().replace("\0", "\n")


def processes(namespace: str, pod: str, container: str) -> list[Process]:
    """Return the processes of a container, in the order they were started."""
    states = look_up("pod", pod, "-n", namespace)["status"]["containerStatuses"]
    state = next(state for state in states if state["name"] == container)
    identifier = state["containerID"].rpartition("/")[2]
    return sorted(_of_container(identifier), key=lambda process: process.number)


def _of_container(identifier: str) -> Iterator[Process]:
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or identifier not in (folder / "cgroup").read_text():
                continue
            lines = (folder / "status").read_text().splitlines()
            command = (folder / "cmdline").read_text().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        status = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
        yield Process(int(folder.name), command, int(status["Uid"][1]), int(status["CapPrm"][0], 16))
