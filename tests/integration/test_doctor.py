"""What `./up --check` and `./up doctor` say of a deployment that works, and of one in which something does not."""

import json
import pathlib
import subprocess
import sys
import tarfile
from typing import Any

from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import kubectl


def doctor(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "tools", "doctor", "--model", MODEL, "--format", "json", *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def of_deployment(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong with what is deployed, not with the machine that the tests run on."""
    said = (
        "application ",
        "pod ",
        "image ",
        "volume ",
        "certificate ",
        "dns",
        "rbac",
        "storage class",
        "load balancer",
    )
    return [it for it in found["findings"] if it["level"] == "wrong" and it["subject"].startswith(said)]


def test_nothing_is_wrong_with_what_works(kubeflow: Kubeflow):
    assert of_deployment(doctor()) == []


def test_a_check_of_a_cluster_that_authorises_says_so(kubeflow: Kubeflow):
    command = [sys.executable, "-m", "tools", "up", "--check"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "fine    rbac" in said
    assert "fine    storage class" in said


def test_an_image_that_cannot_be_pulled_is_named_with_its_pod(kubeflow: Kubeflow):
    kubectl("run", "-n", MODEL, "doctor-test", "--image=registry.invalid/nothing:1", "--restart=Never")
    try:
        subjects = eventually(
            lambda: [it["subject"] for it in of_deployment(doctor()) if "registry.invalid" in str(it)]
        )
        assert subjects
    finally:
        kubectl("delete", "pod", "-n", MODEL, "doctor-test", "--wait=false")


def test_an_archive_tells_no_password(kubeflow: Kubeflow, tmp_path: pathlib.Path):
    path = tmp_path / "report.tar.gz"
    doctor("--save", path)
    secret = kubeflow.visitor().credentials.password
    with tarfile.open(path) as packed:
        texts = {it.name: file.read().decode() for it in packed if (file := packed.extractfile(it)) is not None}
    assert "report/juju/status.json" in texts
    assert not [name for name, text in texts.items() if secret in text]
