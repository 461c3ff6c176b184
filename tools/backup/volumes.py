"""Users' volumes: their files, packed by a pod that has the volume, through the API server."""

from __future__ import annotations

import contextlib
import gzip
import json
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from tools.backup.deployed import Deployed
from tools.backup.sets import Set, Volume, digest
from tools.up.errors import Refusal

MOUNT = "/volume"
PATIENCE = 300
"""Seconds that the pod gets to start: its image may have to come, and the volume may be bound by it."""


def claims(deployed: Deployed, namespaces: Collection[str]) -> list[dict[str, Any]]:
    """Return the volume claims of namespaces that have a volume, by namespace and name."""
    found = json.loads(deployed.kubectl("get", "persistentvolumeclaims", "-A", "-o", "json"))["items"]
    bound = [
        item
        for item in found
        if item["metadata"]["namespace"] in namespaces and (item.get("status") or {}).get("phase") == "Bound"
    ]
    return sorted(bound, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"]))


def used(deployed: Deployed) -> set[tuple[str, str]]:
    """Return namespace and name of the claims that pods have now."""
    pods = json.loads(deployed.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    return {
        (pod["metadata"]["namespace"], volume["persistentVolumeClaim"]["claimName"])
        for pod in pods
        if (pod.get("status") or {}).get("phase") == "Running"
        for volume in pod["spec"].get("volumes") or ()
        if "persistentVolumeClaim" in volume
    }


def image(deployed: Deployed, store: str) -> str:
    """Return an image that the cluster has for certain, with a shell and tar: that of the object store."""
    path = "{.spec.template.spec.containers[?(@.name=='seaweedfs')].image}"
    return deployed.kubectl("get", "statefulset", "-n", deployed.model, store, "-o", f"jsonpath={path}").decode()


def save(deployed: Deployed, claim: dict[str, Any], folder: pathlib.Path, image: str, in_use: bool) -> Volume:
    """Pack a volume's files into the set.

    Raises:
        Refusal: they cannot be read.
    """
    spec, where = claim["spec"], claim["metadata"]
    volume = Volume(
        namespace=where["namespace"],
        name=where["name"],
        size=spec["resources"]["requests"]["storage"],
        modes=tuple(spec["accessModes"]),
        storage_class=spec.get("storageClassName") or "",
        digest="",
        used=in_use,
    )
    archive = volume.archive(folder)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with _pod(deployed, volume, image, writes=False) as pod, gzip.open(archive, "wb", compresslevel=1) as packed:
        words = ("exec", "-n", volume.namespace, pod, "--", "tar", "-C", MOUNT, "-cf", "-", ".")
        code, said = _through(deployed, words, target=packed)
    # tar ends with 1 where a file changed while it was read: of a volume in use that is told, not refused.
    if code not in ((0, 1) if in_use else (0,)):
        raise Refusal(f"the files of {volume.namespace}/{volume.name} cannot be read: {said}")
    fields = {name: getattr(volume, name) for name in ("namespace", "name", "size", "modes", "storage_class", "used")}
    return Volume(**fields, digest=digest(archive))


def bring_back(deployed: Deployed, volume: Volume, folder: pathlib.Path, image: str, *, default_class: bool) -> bool:
    """Make a volume with the files of the set; tell whether there was anything to do.

    A volume that has files already stays as it is.

    Raises:
        Refusal: the archive is damaged, or the volume cannot be had or written.
    """
    check(volume, folder)
    deployed.kubectl("apply", "-f", "-", stdin=json.dumps(_claim(volume, default_class=default_class)).encode())
    with _pod(deployed, volume, image, writes=True) as pod:
        inside = ["exec", "-i", "-n", volume.namespace, pod, "--"]
        if deployed.kubectl(*inside, "find", MOUNT, "-mindepth", "1", "!", "-name", "lost+found").strip():
            return False
        with gzip.open(volume.archive(folder), "rb") as files:
            code, said = _through(deployed, (*inside, "tar", "-C", MOUNT, "-xpf", "-"), source=files)
    if code:
        raise Refusal(f"the files of {volume.namespace}/{volume.name} cannot be written: {said}")
    return True


def check(volume: Volume, folder: pathlib.Path) -> None:
    """Look whether the archive is what was written.

    Raises:
        Refusal: it is not there, or differs.
    """
    archive = volume.archive(folder)
    if not archive.exists() or digest(archive) != volume.digest:
        raise Refusal(f"{archive} is missing or damaged: take another set")


def check_all(found: Set, folder: pathlib.Path) -> None:
    """Look at all archives.

    Raises:
        Refusal: one is missing or damaged.
    """
    for volume in found.volumes:
        check(volume, folder)


def _through(
    deployed: Deployed,
    words: Sequence[str],
    *,
    source: gzip.GzipFile | None = None,
    target: gzip.GzipFile | None = None,
) -> tuple[int, str]:
    """Run kubectl with a file that it reads or writes as it comes; return its exit status and what it complains of."""
    command = list(deployed.wrap(["kubectl", *words]))
    ends: dict[str, Any] = {"stdin": subprocess.PIPE if source else subprocess.DEVNULL}
    ends["stdout"] = subprocess.PIPE if target else subprocess.DEVNULL
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stderr=said, **ends) as process:
        if source and process.stdin:
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                shutil.copyfileobj(source, pipe, 1 << 20)
        if target and process.stdout:
            shutil.copyfileobj(process.stdout, target, 1 << 20)
        code = process.wait()
        said.seek(0)
        return code, said.read().decode(errors="replace").strip()


def _claim(volume: Volume, *, default_class: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": list(volume.modes), "resources": {"requests": {"storage": volume.size}}}
    if volume.storage_class and not default_class:
        spec["storageClassName"] = volume.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": volume.name, "namespace": volume.namespace},
        "spec": spec,
    }


def reader(volume: Volume, image: str, *, writes: bool) -> dict[str, Any]:
    """Return the pod that reads a volume, or writes it.

    It is root without a capability but those that files of others take, and these are of the Pod Security Standard
    baseline: a profile has no pods beyond that.
    """
    container = {
        "name": "files",
        "image": image,
        "command": ["sh", "-c", "trap exit TERM; sleep 86400 & wait"],
        "securityContext": {
            "runAsUser": 0,
            "runAsNonRoot": False,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["DAC_OVERRIDE", *(["CHOWN", "FOWNER"] if writes else [])]},
        },
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        "volumeMounts": [{"name": "files", "mountPath": MOUNT, "readOnly": not writes}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"files-of-{volume.name}"[:63].rstrip("-."),
            "namespace": volume.namespace,
            "labels": {"sidecar.istio.io/inject": "false"},
            "annotations": {"sidecar.istio.io/inject": "false"},
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": volume.name}}],
        },
    }


@contextlib.contextmanager
def _pod(deployed: Deployed, volume: Volume, image: str, *, writes: bool) -> Iterator[str]:
    """Give a pod that has a volume; it goes with the block."""
    manifest = reader(volume, image, writes=writes)
    name = manifest["metadata"]["name"]
    where = ("-n", volume.namespace)
    deployed.kubectl("apply", "-f", "-", stdin=json.dumps(manifest).encode())
    try:
        deployed.kubectl("wait", *where, "--for=condition=Ready", f"--timeout={PATIENCE}s", f"pod/{name}")
        yield name
    finally:
        deployed.kubectl("delete", *where, "--wait=true", f"pod/{name}")
