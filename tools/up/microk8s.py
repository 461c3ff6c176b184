"""MicroK8s and Juju by snap: which commands are still to be run on a machine to have both.

Add-ons and channels as of MicroK8s 1.32 (microk8s.io/docs): the add-on `nvidia` exists only in the classic snap and
only for amd64; a Juju 3 snap is confined and sees the cloud `microk8s` by itself only with the strict snap, so any
other is made known to it with `juju add-k8s`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any

STRICT = "1.32-strict/stable"
CLASSIC = "1.32/stable"
JUJU = "3.6/stable"
CONTROLLER = "kubeflow"
BUILT_IN = "microk8s"
OWN = "kubeflow-microk8s"
"""What the cloud is called where Juju does not know MicroK8s by itself."""

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


def controller(clouds: Collection[str]) -> Iterator[Step]:
    """Yield what makes a controller on MicroK8s, which Juju's client knows these clouds to choose from."""
    cloud = BUILT_IN if BUILT_IN in clouds else OWN
    if cloud not in clouds:
        access = ("microk8s", "config")
        yield Step("telling Juju of MicroK8s", ("juju", "add-k8s", OWN, "--client"), fed_by=access)
    yield Step("bootstrapping Juju", ("juju", "bootstrap", cloud, CONTROLLER))


def enabled_add_ons(status: Mapping[str, Any]) -> set[str]:
    """Return the enabled add-ons from `microk8s status --format=yaml`."""
    listed = status.get("addons") or ()
    return {entry["name"] for entry in listed if entry.get("status") == "enabled"}


def installed_snaps(listing: str) -> set[str]:
    """Return the names of snaps from what `snap list` prints."""
    return {line.split()[0] for line in listing.splitlines()[1:] if line.split()}
