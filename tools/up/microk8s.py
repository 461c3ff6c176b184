"""MicroK8s and Juju by snap: which commands are still to be run on a machine to have both.

Add-ons and channels as of MicroK8s 1.34 (microk8s.io/docs), the release of Kubernetes that the tests run on: the add-on
`nvidia` exists only in the classic snap and only for amd64; a Juju 3 snap is confined and works with the cloud
`microk8s` only if that snap is strict (juju/juju#22638), so any other is made known to it with `juju add-k8s`. Whoever
reads the strict snap's credentials is in the group `snap_microk8s`, of the classic one in `microk8s`.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

STRICT = "1.34-strict/stable"
CLASSIC = "1.34/stable"
JUJU = "3.6/stable"
CONTROLLER = "kubeflow"
BUILT_IN = "microk8s"
OWN = "kubeflow-microk8s"
"""What the cloud is called where Juju does not know MicroK8s by itself."""

GROUP = "snap_microk8s"
"""Whose members may use the strict snap."""

NO_GPUS = (
    "MicroK8s is the strict snap here, which has no add-on for GPUs: install NVIDIA's GPU operator as its maker "
    "describes, see docs/gpu.md, and leave --gpu out; or begin anew with the classic snap, after the removal of this "
    "one with all that is in it: sudo snap remove --purge microk8s"
)

WAIT_SECONDS = 600
READY = ("microk8s", "status", "--wait-ready", f"--timeout={WAIT_SECONDS}")


@dataclasses.dataclass(frozen=True)
class Step:
    """A command to run.

    Attributes:
        title: what it does, for the person who waits.
        command: the command and its arguments.
        privileged: whether only root may run it.
        fed_by: a privileged command whose output is its input, if any.
    """

    title: str
    command: tuple[str, ...]
    privileged: bool = False
    fed_by: tuple[str, ...] = ()


def kubernetes(snaps: Collection[str], *, gpu: bool) -> Iterator[Step]:
    """Yield what makes MicroK8s run; nothing but a wait when the snap is installed."""
    if "microk8s" not in snaps:
        snap = (f"--channel={CLASSIC}", "--classic") if gpu else (f"--channel={STRICT}",)
        yield Step("installing MicroK8s", ("snap", "install", "microk8s", *snap), privileged=True)
    yield Step("waiting for MicroK8s", READY, privileged=True)


def add_ons(enabled: Collection[str], pool: str, *, gpu: bool) -> Iterator[Step]:
    """Yield what enables the add-ons that are missing, rbac first: without it the API server authorises everything.

    Args:
        enabled: names of those that are enabled.
        pool: addresses for the load balancer, `FIRST-LAST`.
        gpu: whether pods are to see NVIDIA's GPUs.
    """
    wanted = {"rbac": "rbac", "dns": "dns", "hostpath-storage": "hostpath-storage", "metallb": f"metallb:{pool}"}
    if gpu:
        wanted["nvidia"] = "nvidia"
    for name, argument in wanted.items():
        if name not in enabled and not (name == "nvidia" and "gpu" in enabled):
            yield Step(f"enabling the add-on {argument}", ("microk8s", "enable", argument), privileged=True)
            if name == "rbac":
                yield Step("waiting for MicroK8s, which starts its API server again", READY, privileged=True)
    for deployment in ("coredns", "hostpath-provisioner"):
        rollout = ("rollout", "status", f"deployment/{deployment}", f"--timeout={WAIT_SECONDS}s")
        yield Step(f"waiting for {deployment}", ("microk8s", "kubectl", "-n", "kube-system", *rollout), privileged=True)


def client(snaps: Collection[str], *, present: bool) -> Iterator[Step]:
    """Yield what makes Juju's client available, if there is none."""
    if "juju" not in snaps and not present:
        yield Step("installing Juju", ("snap", "install", "juju", f"--channel={JUJU}"), privileged=True)


def controller(clouds: Collection[str], *, classic: bool, joins: str = "") -> Iterator[Step]:
    """Yield what makes a controller on MicroK8s.

    Args:
        clouds: that Juju's client knows to choose from.
        classic: whether MicroK8s is the classic snap.
        joins: the user that is to join the group of the strict one first; empty if she is in it, or root.
    """
    cloud = OWN if classic or BUILT_IN not in clouds else BUILT_IN
    if cloud not in clouds:
        access = ("microk8s", "config")
        yield Step("telling Juju of MicroK8s", ("juju", "add-k8s", OWN, "--client"), fed_by=access)
    bootstrap = ("juju", "bootstrap", cloud, CONTROLLER)
    if joins and cloud == BUILT_IN:
        yield Step(f"letting {joins} use MicroK8s", ("usermod", "--append", "--groups", GROUP, joins), privileged=True)
        # The group counts from the next log-in on; `sg` does not wait for it.
        bootstrap = ("sg", GROUP, "-c", shlex.join(bootstrap))
    yield Step("bootstrapping Juju", bootstrap)


def enabled_add_ons(status: Mapping[str, Any]) -> set[str]:
    """Return the enabled add-ons from `microk8s status --format=yaml`."""
    listed = status.get("addons") or ()
    return {entry["name"] for entry in listed if entry.get("status") == "enabled"}


def installed_snaps(listing: str) -> dict[str, str]:
    """Return the notes of each snap, such as `classic`, by its name, from what `snap list` prints."""
    rows = [line.split() for line in listing.splitlines()[1:]]
    return {row[0]: row[-1] for row in rows if row}


def is_classic(snaps: Mapping[str, str]) -> bool:
    """Tell whether MicroK8s is the classic snap, by the notes of snaps."""
    return "classic" in snaps.get("microk8s", "").split(",")
