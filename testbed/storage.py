"""Volumes made on demand, as folders of the node, by rancher's local-path-provisioner."""

import json
from pathlib import Path

import yaml

from testbed import cache, image, manifests
from testbed.machine import Machine, Program
from testbed.node import NODE_IMAGE
from testbed.paths import Paths
from testbed.profiles import Profile

MAKE = b'#!/bin/busybox sh\nexec /bin/busybox mkdir -m 0777 -p "$VOL_DIR"\n'
REMOVE = b'#!/bin/busybox sh\nexec /bin/busybox rm -rf "$VOL_DIR"\n'


def node_image(busybox: Path) -> Path:
    """Return an archive of the image that pods start from and that makes and removes the folders of volumes."""
    archive = cache.directory() / "images" / f"node-{cache.digest([MAKE, REMOVE, busybox.read_bytes()])}.tar"
    if archive.exists():
        return archive
    contents: image.Contents = {
        "bin/busybox": (busybox, 0o755),
        "bin/make-volume": (MAKE, 0o755),
        "bin/remove-volume": (REMOVE, 0o755),
    }
    config = image.Config(entrypoint=("/bin/busybox", "sleep", "2147483647"))
    image.write(archive, [NODE_IMAGE], config, [contents])
    return archive


def configuration(paths: Paths, profile: Profile) -> dict[str, object]:
    """Return the provisioner's configuration.

    To it the folder is one that all nodes share where volumes may be mounted by many, and else one of each node.
    """
    folder = str(paths.volumes)
    own = [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [folder]}]
    return {
        **({"sharedFileSystemPath": folder} if profile.many_writers else {"nodePathMap": own}),
        "setupCommand": "/bin/make-volume",
        "teardownCommand": "/bin/remove-volume",
        "cmdTimeoutSeconds": 120,
    }


def helper_pod() -> dict[str, object]:
    """Return the pod that makes or removes one folder."""
    container = {"name": "folder", "image": NODE_IMAGE, "imagePullPolicy": "Never"}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "folder"}, "spec": spec}


def start(machine: Machine, profile: Profile) -> None:
    """Make the storage class known and start its provisioner."""
    paths = machine.paths
    paths.volumes.mkdir(parents=True, exist_ok=True)
    settings = paths.configuration / "volumes.json"
    settings.write_text(json.dumps(configuration(paths, profile), indent=1))
    pod = paths.configuration / "volume-pod.yaml"
    pod.write_text(yaml.safe_dump(helper_pod()))
    manifests.apply(machine, "storage", storage_class=profile.storage_class, provisioner=profile.provisioner)
    command = (
        "local-path-provisioner",
        "start",
        f"--config={settings}",
        f"--helper-pod-file={pod}",
        f"--helper-image={NODE_IMAGE}",
        f"--provisioner-name={profile.provisioner}",
        "--namespace=local-path-storage",
        "--service-account-name=folders",
        f"--kubeconfig={paths.kubeconfig}",
    )
    machine.start(Program("local-path-provisioner", command))
