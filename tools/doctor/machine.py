"""What is looked at on the machine itself, before anything is installed."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping

from tools.doctor.findings import Finding, fine, note, unknown, wrong
from tools.up import microk8s

GIB = 1 << 30

LIMITS = {"fs.inotify.max_user_instances": 1280, "fs.inotify.max_user_watches": 655360}
"""What Kubernetes, Istio and the programs of a deployment watch together needs; see docs/troubleshooting.md."""

OLDEST = 30
"""The oldest minor release of Kubernetes 1 that the charms work on: its ValidatingAdmissionPolicies are stable."""

Output = Callable[..., str | None]
"""Runs a command and returns what it prints; None if there is no such command, or it fails and prints nothing."""


def look(images: Iterable[str], output: Output, proc: pathlib.Path = pathlib.Path("/proc")) -> Iterator[Finding]:
    """Yield what there is to say of this machine.

    Args:
        images: that a deployment pulls.
        output: runs commands.
        proc: where the kernel tells of itself.
    """
    yield from room(proc)
    yield clock(output("timedatectl", "show", "--property=NTPSynchronized", "--value"))
    yield from channels(output("snap", "list") or "")
    yield names({image.partition("/")[0] for image in images}, _resolves)


def room(proc: pathlib.Path = pathlib.Path("/proc")) -> Iterator[Finding]:
    """Yield whether this machine is large enough, and its limits are high enough; no program is asked."""
    memory = re.search(r"MemTotal:\s+(\d+) kB", (proc / "meminfo").read_text())
    free = shutil.disk_usage("/var" if pathlib.Path("/var").exists() else "/").free
    yield from size(os.cpu_count() or 1, int(memory[1]) * 1024 if memory else 0, free)
    yield limits({name: int((proc / "sys" / name.replace(".", "/")).read_text()) for name in LIMITS})


def size(processors: int, memory: int, disk: int) -> Iterator[Finding]:
    """Yield whether the machine is large enough for kubeflow-lite; memory and disk in bytes."""
    yield _enough("processors", processors, 4, 2, "")
    yield _enough("memory", memory / GIB, 15, 7, " GiB")
    yield _enough("free disk", disk / GIB, 55, 20, " GiB")


def _enough(what: str, there: float, good: float, least: float, unit: str) -> Finding:
    said = f"{there:.0f}{unit}"
    if there >= good:
        return fine(what, said)
    if there >= least:
        return note(what, f"{said}; kubeflow-lite with some notebooks is at ease with {good:.0f}{unit}")
    return wrong(what, f"{said} is too little for kubeflow-lite, which needs {good:.0f}{unit}: see docs/microk8s.md")


def limits(found: Mapping[str, int]) -> Finding:
    """Return whether programs may watch as many files as they do."""
    low = {name: least for name, least in LIMITS.items() if found.get(name, 0) < least}
    if not low:
        return fine("inotify", "programs may watch enough files")
    told = ", ".join(f"{name} is {found.get(name, 0)}" for name in low)
    wanted = " ".join(f"{name}={least}" for name, least in low.items())
    lasting = "\\n".join(wanted.split())
    return note(
        "inotify",
        f"{told}: pods may fail with `too many open files`",
        f"sudo sysctl {wanted}",
        f"printf '{lasting}\\n' | sudo tee /etc/sysctl.d/90-kubeflow.conf",
    )


def clock(synchronised: str | None) -> Finding:
    """Return whether the clock is set by others, as certificates and sessions need; by what timedatectl says."""
    if synchronised is None:
        return unknown("clock", "there is no timedatectl to ask whether the clock is set by a time server")
    if synchronised.strip() == "yes":
        return fine("clock", "is set by a time server")
    return note(
        "clock", "no time server sets it: log-ins fail when it is wrong by minutes", "sudo timedatectl set-ntp true"
    )


def channels(listing: str) -> Iterator[Finding]:
    """Yield what is to be said of the snaps that are there, from `snap list`."""
    rows = {row[0]: row for row in (line.split() for line in listing.splitlines()[1:]) if len(row) > 3}
    if "microk8s" in rows:
        version, tracking = rows["microk8s"][1], rows["microk8s"][3]
        found = re.match(r"v?1\.(\d+)", version)
        wanted = re.match(r"1\.(\d+)", microk8s.STRICT)
        if found and int(found[1]) < OLDEST:
            command = f"sudo snap refresh microk8s --channel=1.{int(found[1]) + 1}{'-strict' * ('strict' in tracking)}"
            yield wrong(
                "microk8s", f"{version} is too old, Kubernetes 1.{OLDEST} is needed; one step at a time", command
            )
        elif found and wanted and int(found[1]) < int(wanted[1]):
            yield note("microk8s", f"{version} of {tracking}; the tests run on 1.{wanted[1]}", "snap info microk8s")
        else:
            yield fine("microk8s", f"{version} of {tracking}")
    if "juju" in rows:
        version = rows["juju"][1]
        if re.match(r"3\.[6-9]|[4-9]\.", version):
            yield fine("juju", version)
        else:
            yield wrong("juju", f"{version} is too old", f"sudo snap refresh juju --channel={microk8s.JUJU}")


def names(registries: Iterable[str], resolves: Callable[[str], bool]) -> Finding:
    """Return whether the registries of images have addresses here."""
    missing = sorted(name for name in registries if not resolves(name))
    if missing:
        said = (
            f"this machine finds no address for {', '.join(missing)}; without internet, docs/air-gap.md says what to do"
        )
        return note("names of registries", said, f"getent hosts {missing[0]}")
    return fine("names of registries", "are found")


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 443))
    except OSError:
        return False


def output(*command: str) -> str | None:
    """Run a command for at most half a minute, and return what it prints, as `Output` does."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode and not done.stdout.strip() else done.stdout
