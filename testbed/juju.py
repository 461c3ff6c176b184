"""Juju: the images it asks for, the charm its controller takes from the store, and its bootstrap."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from testbed import cache, debian, image, juju_database
from testbed.juju_versions import Version
from testbed.machine import Machine, Program
from testbed.network import STORE_PORT, Network
from testbed.paths import REPOSITORY

CONTROLLER = "testbed"
CLOUD = "testbed"
CHARM_BASES = [f"ghcr.io/juju/charm-base:ubuntu-{version}" for version in ("22.04", "24.04", "26.04")]
BASE_PACKAGES = ("python3", "python3-yaml", "ca-certificates")
STRIP_HOOK = "rm -rf $1/usr/share/locale $1/usr/share/doc $1/usr/share/man $1/var/lib/apt/lists $1/var/cache/apt"
PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
ASK = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"
AGENTS = ("jujud", "jujuc", "containeragent", "pebble")

CONTROLLER_CHARM = {
    "metadata.yaml": """\
name: juju-controller
summary: Juju's own application of the testbed
description: It does nothing but be active; the controller works without it.
peers:
  dbcluster: {interface: db-cluster}
provides:
  metrics-endpoint: {interface: prometheus_scrape}
  website: {interface: http}
""",
    "config.yaml": """\
options:
  controller-url: {type: string, default: "", description: Set by Juju.}
  identity-provider-url: {type: string, default: "", description: Set by Juju.}
  is-juju: {type: boolean, default: true, description: Set by Juju.}
""",
    "manifest.yaml": """\
bases:
  - {name: ubuntu, channel: "24.04", architectures: [amd64, arm64]}
""",
    "dispatch": "#!/bin/sh\nstatus-set active\n",
}
"""A Kubernetes controller takes its own charm from a store only, under this name and with these options."""


def base(wanted: Version) -> Path:
    """Return the root file system of charm containers: Debian with the Python that charms are packed for.

    Args:
        wanted: the version of Juju whose agents run there.

    Raises:
        TestbedError: it cannot be made.
    """
    return debian.root("charm-base", BASE_PACKAGES, hooks=[*(user.hook() for user in wanted.users), STRIP_HOOK])


def agent_version(said: str) -> str:
    """Return what Juju tags its agents' image with, from what `juju version` says.

    Behind the version, for example 4.1-beta1, that names the operating system and the processor.
    """
    return said.strip().rsplit("-", 2)[0]


def version(juju: Path) -> str:
    """Return the version of a Juju client, which looks for a list of clouds outside, in vain, when it first runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["unshare", "--net", str(juju), "version"]
        environment = {**os.environ, "JUJU_DATA": folder}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return agent_version(done.stdout)


def images(programs: Mapping[str, Path], wanted: Version) -> list[Path]:
    """Return archives of the images that a version of Juju asks for, made unless the cache has them.

    Raises:
        TestbedError: the root file system cannot be made.
    """
    root = base(wanted)
    agents: dict[str, tuple[bytes | Path, int]] = {f"opt/{name}": (programs[name], 0o755) for name in AGENTS}
    agents["var/lib/juju/"] = (b"", 0o755)
    operator = f"ghcr.io/juju/jujud-operator:{version(programs['juju'])}"
    config = image.Config(entrypoint=("sh", "-c"), environment=PATH, directory="/var/lib/juju")
    key = cache.digest([root.name, *(str(programs[name]) for name in AGENTS), operator])
    archive = cache.directory() / "images" / f"juju-agents-{key}.tar"
    if not archive.exists():
        with cache.step(f"making the image {operator}"):
            image.write(archive, [operator], config, [root, agents])
    bases = cache.directory() / "images" / f"{root.stem}.tar"
    if not bases.exists():
        with cache.step(f"making the image {CHARM_BASES[0]}"):
            image.write(bases, CHARM_BASES, image.Config(environment=PATH), [root])
    return [archive, bases, *([juju_database.archive(wanted.database)] if wanted.database else [])]


def write_controller_charm(charm: Path) -> None:
    """Write the controller's charm, the same byte for byte each time."""
    charm.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(charm, "w") as archive:
        for name, content in sorted(CONTROLLER_CHARM.items()):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if name == "dispatch" else 0o100644) << 16
            archive.writestr(entry, content)


def start_store(machine: Machine, network: Network) -> None:
    """Serve the charms and bundles of the store's folder, the controller's charm among them.

    Raises:
        TestbedError: the store does not answer.
    """
    paths = machine.paths
    write_controller_charm(paths.store / "juju-controller.charm")
    module = ("-m", "tools", "store", "serve", str(paths.store), f"--host={network.node}", f"--port={STORE_PORT}")
    machine.start(Program("store", (sys.executable, *module), (("PYTHONPATH", str(REPOSITORY)),)))
    request = [sys.executable, "-c", ASK, f"{network.store}/v2/charms/info/juju-controller"]
    machine.await_(
        lambda: machine.run(*request, check=False).returncode == 0, "the charm store", seconds=20, log="store"
    )


def bootstrap(machine: Machine, network: Network, storage_class: str) -> None:
    """Make Juju's controller; what an interrupted run left is removed first.

    Raises:
        TestbedError: Juju refused.
    """
    paths = machine.paths
    shutil.rmtree(paths.juju_data, ignore_errors=True)
    paths.juju_data.mkdir(parents=True)
    machine.run("kubectl", "delete", "namespace", "--ignore-not-found", f"controller-{CONTROLLER}")
    access = paths.kubeconfig.read_text()
    machine.run("juju", "add-k8s", CLOUD, "--client", f"--storage={storage_class}", given=access)
    command = ("juju", "bootstrap", CLOUD, CONTROLLER, f"--config=charmhub-url={network.store}")
    machine.run(*command, f"--model-default=charmhub-url={network.store}")


def await_controller(machine: Machine) -> None:
    """Wait until the controller answers, as it does some time after a restart.

    Raises:
        TestbedError: it does not.
    """
    machine.await_(lambda: answers(machine), "Juju's controller", seconds=180)


def answers(machine: Machine) -> bool:
    """Tell whether Juju's controller answers."""
    return machine.run("timeout", "20", "juju", "models", check=False).returncode == 0
