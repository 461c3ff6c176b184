"""What a cluster is like where a charm can see it: the testbed's own way, and that of MicroK8s.

Source of MicroK8s's: canonical/microk8s-core-addons (rbac, hostpath-storage, ingress, metallb), and canonical/microk8s,
microk8s-resources/default-args.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from testbed import manifests
from testbed.errors import TestbedError
from testbed.machine import Machine


@dataclass(frozen=True)
class Profile:
    """How a cluster was set up.

    Attributes:
        storage_class: the name of the class of volumes, which is the default one.
        provisioner: who makes its volumes, as the class names it.
        many_writers: volumes may be mounted by pods of several nodes (ReadWriteMany).
        rbac: the API server authorises by RBAC, unless it is told otherwise; else it allows everything.
        ingress_classes: the controller of each class of Ingress that somebody else brings.
        default_ingress_class: the one of them that Ingresses without a class have; "" for none.
        address_pool: the name of MetalLB's pool of addresses.
        kubelet_root: where kubelet keeps what pods use; None for a folder of the state.
    """

    storage_class: str = "hostpath"
    provisioner: str = "rancher.io/local-path"
    many_writers: bool = True
    rbac: bool = True
    ingress_classes: Mapping[str, str] = field(default_factory=dict[str, str])
    default_ingress_class: str = ""
    address_pool: str = "testbed"
    kubelet_root: PurePosixPath | None = None


DEFAULT = "plain"
PROFILES = {
    DEFAULT: Profile(),
    "microk8s": Profile(
        storage_class="microk8s-hostpath",
        provisioner="microk8s.io/hostpath",
        many_writers=False,
        rbac=False,
        ingress_classes=dict.fromkeys(("public", "nginx"), "k8s.io/ingress-nginx"),
        default_ingress_class="public",
        address_pool="default-addresspool",
        kubelet_root=PurePosixPath("/var/snap/microk8s/common/var/lib/kubelet"),
    ),
}


def choose(asked: str, recorded: str = "") -> str:
    """Return the profile of a testbed: what it was made as, or else what is asked for.

    Args:
        asked: the profile that was asked for, or "".
        recorded: the one that the testbed was made with, or "" if there is none yet.

    Raises:
        TestbedError: there is no such profile, or the testbed has another one.
    """
    if asked and asked not in PROFILES:
        raise TestbedError(f"there is no profile {asked!r}: choose {', '.join(PROFILES)}")
    if recorded and asked not in ("", recorded):
        raise TestbedError(
            f"this testbed has the profile {recorded}, not {asked}: run `down` first, or make another one with "
            "TESTBED_NAME"
        )
    return recorded or asked or DEFAULT


def make_ingress_classes(machine: Machine, profile: Profile) -> None:
    """Make the classes of Ingress known that a cluster of this profile has."""
    for name, controller in profile.ingress_classes.items():
        default = str(name == profile.default_ingress_class).lower()
        manifests.apply(machine, "ingress-class", class_name=name, controller=controller, default=default)
