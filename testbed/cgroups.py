"""Control groups: where the kernel counts and limits what pods use, in version 1 (or mixed) and version 2."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from testbed.errors import TestbedError

NEEDED = ("cpu", "cpuset", "memory", "pids")


def hierarchies(mounts: str) -> list[tuple[Path, frozenset[str]]]:
    """Return the mounted hierarchies with their options, from the content of /proc/self/mounts.

    The options of a hierarchy of version 1 name its controllers; `cgroup2` stands for version 2.
    """
    found: dict[Path, frozenset[str]] = {}
    for line in mounts.splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup":
            found.setdefault(Path(folder), frozenset(options.split(",")))
        elif kind == "cgroup2":
            found.setdefault(Path(folder), frozenset({"cgroup2"}))
    return list(found.items())


def mounted() -> list[tuple[Path, frozenset[str]]]:
    """Return the hierarchies of this machine."""
    return hierarchies(Path("/proc/self/mounts").read_text())


def missing() -> list[str]:
    """Return the controllers that Kubernetes needs and this machine does not offer."""
    offered: set[str] = set()
    for folder, options in mounted():
        offered |= options
        if "cgroup2" in options:
            offered |= set((folder / "cgroup.controllers").read_text().split())
    return [controller for controller in NEEDED if controller not in offered]


def create(name: str) -> None:
    """Make the group that all pods of a testbed are in, in every hierarchy; nothing happens if it is there.

    Raises:
        TestbedError: version 2 is used and this is a container whose own group still holds processes.
    """
    for folder, options in mounted():
        group = folder / name
        if "cgroup2" in options:
            _delegate(folder)
        group.mkdir(exist_ok=True)
        if "cgroup2" in options:
            _delegate(group)


def _delegate(group: Path) -> None:
    """Offer all controllers of a group to the groups below it."""
    for controller in (group / "cgroup.controllers").read_text().split():
        try:
            (group / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError as error:
            raise TestbedError(
                f"{group}: the controller {controller} cannot be offered to pods ({error.strerror}). "
                "In a container, move its processes out of the way first: "
                f"mkdir {group}/init && xargs -rn1 < {group}/cgroup.procs > {group}/init/cgroup.procs"
            ) from error


def remove(name: str) -> None:
    """Remove the group and all below it, in every hierarchy.

    Raises:
        TestbedError: there are processes in it.
    """
    for folder, _ in mounted():
        group = folder / name
        for below in _deepest_first(group):
            _remove(below)


def _deepest_first(group: Path) -> Iterator[Path]:
    for folder, _, _ in os.walk(group, topdown=False):
        yield Path(folder)


def _remove(group: Path) -> None:
    for _ in range(50):
        with contextlib.suppress(FileNotFoundError):
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.1)
                continue
        return
    raise TestbedError(f"{group} cannot be removed: processes are in it; see {group}/cgroup.procs")
