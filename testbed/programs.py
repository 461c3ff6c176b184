"""The programs that the testbed consists of, built from source or taken from the cache."""

from pathlib import Path

from testbed import firewall, golang, gpus, juju_build
from testbed.golang import Target
from testbed.juju_versions import Version
from testbed.paths import Paths

KUBERNETES_NAMES = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)
"""One program is all of these: it becomes what it is called as."""


def build(version: Version) -> dict[str, Path]:
    """Return the path of every program by the name that it is called, building those that are not there.

    Args:
        version: of Juju.

    Raises:
        BuildError: Go refused.
        PackageError: there is no Go to build with.
        TestbedError: the Debian root that Juju's controller is built in cannot be made.
    """
    found = golang.build("kube", [Target("kube", ".", ldflags=kubernetes_flags())])
    kubernetes = found.pop("kube")
    return {
        **dict.fromkeys(KUBERNETES_NAMES, kubernetes),
        **golang.build("coredns", [Target("coredns", "github.com/coredns/coredns")]),
        **golang.build("local-path", [Target("local-path-provisioner", "github.com/rancher/local-path-provisioner")]),
        **golang.build(
            "kube-router", [Target(firewall.NAME, "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router")]
        ),
        **golang.build("metallb", [Target("metallb-controller", "go.universe.tf/metallb/controller")]),
        **gpus.build(),
        **juju_build.build(version),
    }


def kubernetes_flags() -> str:
    """Return the linker's flags that tell Kubernetes its version.

    Juju and kubectl refuse a server whose version they cannot parse, and only a release build is given one.
    """
    version = golang.required_version("kube", "k8s.io/kubernetes")
    major, minor, _ = version.removeprefix("v").split(".", 2)
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    stamps = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items()]
    return " ".join(["-s -w", *stamps])


def link(paths: Paths, found: dict[str, Path]) -> None:
    """Put links to the programs into the testbed's own folder, which comes first on its PATH."""
    paths.programs.mkdir(parents=True, exist_ok=True)
    for name, program in found.items():
        place = paths.programs / name
        if not place.is_symlink() or place.readlink() != program:
            place.unlink(missing_ok=True)
            place.symlink_to(program)
