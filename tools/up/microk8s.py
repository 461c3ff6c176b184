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

PORTS = {
    16443: "the API server",
    10250: "the kubelet",
    10255: "the kubelet",
    10257: "the controller manager",
    10259: "the scheduler",
    19001: "the store of its state",
    25000: "the agent that joins nodes",
}
"""What MicroK8s listens at on the host (microk8s.io/docs/services-and-ports)."""

NO_SNAP = (
    "what went wrong is in: snap changes; a machine without internet, or behind a proxy, is in docs/microk8s.md and "
    "docs/proxy.md"
)
DISABLED = "the snap microk8s is disabled here: sudo snap enable microk8s, then run ./up again"
NOT_READY = (
    "if it was stopped: sudo microk8s start; what is missing shows: sudo microk8s inspect; a full disk: df -h /var/snap"
    "; names of the machine that changed: sudo microk8s refresh-certs --cert ca.crt"
)
NO_ADD_ON = (
    "what is on shows: sudo microk8s status; without internet its images are not there, see docs/microk8s.md; what its "
    "pods say: sudo microk8s kubectl get events -A"
)
NO_POD = (
    "why shows: sudo microk8s kubectl describe pods -n kube-system; an image that cannot be pulled needs the internet "
    "or a mirror, see docs/air-gap.md; too little memory or disk: ./up --check"
)
NO_CLOUD = "if an older one is in its place: juju remove-k8s kubeflow-microk8s --client"
NO_CONTROLLER = (
    "what is left of it goes by: juju kill-controller kubeflow, or juju unregister kubeflow where nothing answers; "
    "what it waited for: sudo microk8s kubectl get pods -A"
)
"""What helps where a step fails, as a person types it."""

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
        otherwise: what helps if it fails.
    """

    title: str
    command: tuple[str, ...]
    privileged: bool = False
    fed_by: tuple[str, ...] = ()
    otherwise: str = ""


def kubernetes(snaps: Collection[str], *, gpu: bool) -> Iterator[Step]:
    """Yield what makes MicroK8s run; nothing but a wait when the snap is installed."""
    if "microk8s" not in snaps:
        snap = (f"--channel={CLASSIC}", "--classic") if gpu else (f"--channel={STRICT}",)
        install = ("snap", "install", "microk8s", *snap)
        yield Step("installing MicroK8s", install, privileged=True, otherwise=NO_SNAP)
    yield Step("waiting for MicroK8s", READY, privileged=True, otherwise=NOT_READY)


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
            enable = ("microk8s", "enable", argument)
            yield Step(f"enabling the add-on {argument}", enable, privileged=True, otherwise=NO_ADD_ON)
            if name == "rbac":
                title = "waiting for MicroK8s, which starts its API server again"
                yield Step(title, READY, privileged=True, otherwise=NOT_READY)
    for deployment in ("coredns", "hostpath-provisioner"):
        rollout = ("rollout", "status", f"deployment/{deployment}", f"--timeout={WAIT_SECONDS}s")
        wait = ("microk8s", "kubectl", "-n", "kube-system", *rollout)
        yield Step(f"waiting for {deployment}", wait, privileged=True, otherwise=NO_POD)


def client(snaps: Collection[str], *, present: bool) -> Iterator[Step]:
    """Yield what makes Juju's client available, if there is none."""
    if "juju" not in snaps and not present:
        install = ("snap", "install", "juju", f"--channel={JUJU}")
        yield Step("installing Juju", install, privileged=True, otherwise=NO_SNAP)


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
        add = ("juju", "add-k8s", OWN, "--client")
        yield Step("telling Juju of MicroK8s", add, fed_by=access, otherwise=NO_CLOUD)
    bootstrap = ("juju", "bootstrap", cloud, CONTROLLER)
    if joins and cloud == BUILT_IN:
        yield Step(f"letting {joins} use MicroK8s", ("usermod", "--append", "--groups", GROUP, joins), privileged=True)
        # The group counts from the next log-in on; `sg` does not wait for it.
        bootstrap = ("sg", GROUP, "-c", shlex.join(bootstrap))
    yield Step("bootstrapping Juju", bootstrap, otherwise=NO_CONTROLLER)


def enabled_add_ons(status: Mapping[str, Any]) -> set[str]:
    """Return the enabled add-ons from `microk8s status --format=yaml`."""
    listed = status.get("addons") or ()
    return {entry["name"] for entry in listed if entry.get("status") == "enabled"}


def installed_snaps(listing: str) -> dict[str, str]:
    """Return the notes of each snap, such as `classic`, by its name, from what `snap list` prints."""
    rows = [line.split() for line in listing.splitlines()[1:]]
    return {row[0]: row[-1] for row in rows if row}


def is_disabled(snaps: Mapping[str, str]) -> bool:
    """Tell whether MicroK8s is there and switched off, so that it has no commands, by the notes of snaps."""
    return "disabled" in snaps.get("microk8s", "").split(",")


def is_classic(snaps: Mapping[str, str]) -> bool:
    """Tell whether MicroK8s is the classic snap, by the notes of snaps."""
    return "classic" in snaps.get("microk8s", "").split(",")
