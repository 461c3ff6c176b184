"""Notebooks and training jobs get the GPUs that the node's device plugin announces, and are told why where they cannot.

kubelet, scheduler and training operator are real. The GPUs are not there, and the controller of notebooks is a
stand-in: the pod of a notebook is made here of what Kubernetes has of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from kubeflow_charms.sandbox.confinement import NAMESPACES
from support.eventually import eventually
from support.kubeflow import Kubeflow
from support.kubernetes import Object, kubectl, look_up
from support.workspace import IMAGE, Workspace, notebook, workspace

NAME, OWNER = "ada-computes", "ada@example.com"
GPU, PART, TURN = "nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "nvidia.com/gpu.shared"
SHOW = "import os, time; print('has', os.environ.get('NVIDIA_VISIBLE_DEVICES', 'none'), flush=True)"
STAY = f"{SHOW}; time.sleep(3600)"


def announce(**gpus: int) -> None:
    """Let the node have these GPUs and no others: `gpu`, `part` and `turn`, by their numbers."""
    names = {"gpu": GPU, "part": PART, "turn": TURN}
    words = [f"{names[kind]}={number}" for kind, number in gpus.items()]
    done = subprocess.run(
        [sys.executable, "-m", "testbed", "gpus", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    """Somebody with a profile, on a node with one GPU and two parts of another."""
    owner = {"owner": {"kind": "User", "name": OWNER}}
    profile = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": {"name": NAME}, "spec": owner}
    announce(gpu=1, part=2)
    try:
        with workspace(NAME, NAMESPACES["profiles"]) as made:
            kubectl("apply", "-f", "-", given=json.dumps(profile))
            yield made
    finally:
        kubectl("delete", "profile", NAME, "--ignore-not-found", "--wait=false")
        announce()


def program(name: str, source: str, resource: str, number: int = 1) -> Object:
    """Return the specification of a pod that asks for GPUs."""
    container = {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", source],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {resource: number}},
    }
    return {"containers": [container], "terminationGracePeriodSeconds": 0}


def open_notebook(ada: Workspace, name: str, resource: str, number: int = 1) -> str:
    """Make a notebook with her rights, and its pod as the controller does; return the pod's name."""
    ada.apply(notebook(name, program(name, STAY, resource, number)))
    labels = {"statefulset": name, "notebook-name": name}
    taken = ada.get("notebooks.kubeflow.org", name)["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{name}-0", "labels": labels}, "spec": taken}
    kubectl("create", "-n", ada.name, "-f", "-", given=json.dumps(pod))
    return f"{name}-0"


def train(ada: Workspace, name: str, resource: str, number: int = 1) -> str:
    """Start a training job of one pod, and return the pod's name."""
    template = {"spec": program("pytorch", SHOW, resource, number)}
    ada.apply(
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "metadata": {"name": name},
            "spec": {
                "runPolicy": {"cleanPodPolicy": "None"},
                "pytorchReplicaSpecs": {"Master": {"replicas": 1, "restartPolicy": "Never", "template": template}},
            },
        }
    )
    return f"{name}-master-0"


def told(ada: Workspace, pod: str, container: str) -> str:
    """Return the device that a container has, once it has said so."""
    return eventually(lambda: ada.log(pod, container).partition("has ")[2].strip())


def unplaced(ada: Workspace, pod: str) -> str:
    """Return why a pod waits for a node, once the scheduler has said so."""

    def look() -> str:
        status = ada.get("pod", pod)["status"]
        assert status["phase"] == "Pending"
        return next(item.get("message", "") for item in status["conditions"] if item["type"] == "PodScheduled")

    return eventually(look)


def refused(ada: Workspace, pod: str) -> str:
    """Return why kubelet does not start a pod, once it has said so."""

    def look() -> str:
        status = ada.get("pod", pod)["status"]
        assert status["phase"] == "Failed"
        return status["message"]

    return eventually(look)


def listed(kubeflow: Kubeflow) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """Return what list-gpus says: in a sentence, by resource, and who has some."""
    results = kubeflow.juju.run("notebooks/leader", "list-gpus").results
    return (
        results["summary"],
        {item["resource"]: item for item in yaml.safe_load(results["gpus"])},
        yaml.safe_load(results["in-use"]),
    )


def test_a_notebook_and_a_training_job_get_what_they_ask_for(ada: Workspace):
    pod = open_notebook(ada, "explore", GPU)
    job = train(ada, "fit", PART, 2)
    assert told(ada, pod, "explore") == "GPU-gpu-0"
    assert sorted(told(ada, job, "pytorch").split(",")) == ["MIG-mig-1g.5gb-0", "MIG-mig-1g.5gb-1"]


def test_who_asks_for_more_than_there_is_waits_and_reads_why(ada: Workspace):
    waiting = [open_notebook(ada, "greedy", GPU), train(ada, "vast", PART, 3)]
    for pod, resource in zip(waiting, (GPU, PART), strict=True):
        eventually(lambda pod=pod: look_up("pod", pod, "-n", ada.name))
        assert f"Insufficient {resource}" in unplaced(ada, pod)


def test_operators_see_who_has_them_and_what_each_profile_uses(kubeflow: Kubeflow, ada: Workspace):
    summary, gpus, holders = listed(kubeflow)
    assert summary == f"1 {GPU}, 2 {PART}"
    assert {resource: (item["number"], item["in-use"]) for resource, item in gpus.items()} == {
        GPU: (1, 1),
        PART: (2, 0),
    }
    assert [(row["owner"], row["pod"], row["number"]) for row in holders] == [(OWNER, "explore-0", 1)]
    usage = kubeflow.juju.run("kubeflow-profiles/leader", "show-usage", {"format": "csv"}).results["usage"]
    rows = [line.split(",") for line in usage.splitlines() if line.startswith(f"{NAME},")]
    assert {row[2]: row[3] for row in rows if "nvidia" in row[2]} == {GPU: "2", PART: "3"}


def test_two_share_a_gpu_whose_turns_are_announced_and_nobody_gets_two(kubeflow: Kubeflow, ada: Workspace):
    announce(turn=4)
    pods = [open_notebook(ada, name, TURN) for name in ("first", "second")]
    both = open_notebook(ada, "both", TURN, 2)
    assert {told(ada, pod, pod.removesuffix("-0")) for pod in pods} == {"GPU-gpu.shared-0"}
    assert "maximum request size for shared resources is 1" in refused(ada, both)
    summary, gpus, _ = listed(kubeflow)
    assert summary == f"4 {TURN} (each GPU shared by 4)"
    assert (gpus[TURN]["name"], gpus[TURN]["in-use"]) == ("NVIDIA, shared by 4", 2)
