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


def obstacles() -> list[str]:
    """Return why controllers of version 2 cannot be offered to pods, and what to do.

    A group that holds processes cannot offer controllers to groups below it, but for the machine's own root
    (cgroups(7)), and in a container the root that one sees is such a group.
    """
    found: list[str] = []
    for folder, options in mounted():
        if "cgroup2" not in options or not (folder / "cgroup.type").exists():
            continue
        offered = (folder / "cgroup.subtree_control").read_text().split()
        here = [name for name in (folder / "cgroup.controllers").read_text().split() if name in NEEDED]
        if set(here) - set(offered) and (folder / "cgroup.procs").read_text().strip():
            found.append(
                f"{folder} holds processes, so that it cannot offer controllers to pods: move them with "
                f"mkdir {folder}/init && xargs -rn1 < {folder}/cgroup.procs > {folder}/init/cgroup.procs"
            )
    return found


def create(name: str) -> None:
    """Make the group that all pods of a testbed are in, in every hierarchy; nothing happens if it is there.

    Raises:
        TestbedError: a controller of version 2 cannot be offered to pods.
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
                f"{group}: the controller {controller} cannot be offered to pods: {error.strerror}"
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
