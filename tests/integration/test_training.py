"""Training jobs run in a user's namespace, with the rights that the charms give her and no others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.eventually import eventually
from support.kubeflow import Kubeflow
from support.kubernetes import look_up
from support.workspace import IMAGE, Workspace, workspace

Object = dict[str, Any]
MEET = """
import json, os, socket, time
told = json.loads(os.environ.get("TF_CONFIG", "{}"))
if told:
    leads = told["task"]["type"] == "chief"
    host, _, port = told["cluster"]["chief"][0].rpartition(":")
else:
    leads = os.environ["RANK"] == "0"
    host, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
if leads:
    with socket.create_server(("", int(port))) as server:
        people = sorted(server.accept()[0].makefile().readline().strip() for _ in range(2))
    print("met", people)
else:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection((host, int(port)), timeout=2) as leader:
                leader.sendall((socket.gethostname() + "\\n").encode())
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
"""
"""The leader ends well once two workers found it; a worker, once it found the leader."""

ONCE = """
import pathlib, sys
tried = pathlib.Path("/volume/tried")
if not tried.exists():
    tried.touch()
    sys.exit(1)
"""
"""Fails when it is run for the first time in a pod."""


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-trains") as made:
        yield made


def replicas(container: str, source: str, number: int, policy: str = "OnFailure") -> Object:
    """Return the specification of replicas that run a Python program."""
    program = {
        "name": container,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", source],
        "volumeMounts": [{"name": "work", "mountPath": "/volume"}],
    }
    pod = {"containers": [program], "volumes": [{"name": "work", "emptyDir": {}}]}
    return {"replicas": number, "restartPolicy": policy, "template": {"spec": pod}}


def job(kind: str, name: str, field: str, **roles: Object) -> Object:
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"runPolicy": {"cleanPodPolicy": "None"}, field: roles},
    }


def pytorch(name: str, **roles: Object) -> Object:
    return job("PyTorchJob", name, "pytorchReplicaSpecs", **roles)


def ended(ada: Workspace, plural: str, name: str) -> str:
    """Return how a job ended, once it has.

    Raises:
        AssertionError: it goes on.
    """
    conditions = (ada.get(plural, name).get("status") or {}).get("conditions") or []
    found = {item["type"] for item in conditions if item["status"] == "True"} & {"Succeeded", "Failed"}
    assert found, f"{name}: {json.dumps(conditions)[-400:]}"
    return found.pop()


def restarts(ada: Workspace, name: str) -> int:
    """Return how often the containers of a job's workers were started again."""
    selector = f"training.kubeflow.org/job-name={name},training.kubeflow.org/replica-type=worker"
    pods = look_up("pods", "-n", ada.name, "-l", selector)["items"]
    statuses = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
    return sum(status["restartCount"] for status in statuses)


def test_a_pytorch_job_with_a_master_and_two_workers_succeeds(ada: Workspace):
    ada.apply(pytorch("meet", Master=replicas("pytorch", MEET, 1), Worker=replicas("pytorch", MEET, 2)))
    assert eventually(lambda: ended(ada, "pytorchjobs", "meet")) == "Succeeded"
    assert "met ['meet-worker-0', 'meet-worker-1']" in ada.log("meet-master-0", "pytorch")


def test_a_tensorflow_job_with_a_chief_and_two_workers_succeeds(ada: Workspace):
    chief, workers = replicas("tensorflow", MEET, 1), replicas("tensorflow", MEET, 2)
    ada.apply(job("TFJob", "dine", "tfReplicaSpecs", Chief=chief, Worker=workers))
    assert eventually(lambda: ended(ada, "tfjobs", "dine")) == "Succeeded"
    assert "met ['dine-worker-0', 'dine-worker-1']" in ada.log("dine-chief-0", "tensorflow")


def test_a_worker_that_fails_is_started_again_if_its_policy_says_so(ada: Workspace):
    ada.apply(job("TFJob", "again", "tfReplicaSpecs", Worker=replicas("tensorflow", ONCE, 1, "OnFailure")))
    assert eventually(lambda: ended(ada, "tfjobs", "again")) == "Succeeded"
    assert restarts(ada, "again") == 1


@pytest.mark.parametrize("policy", ["Never", "ExitCode"])
def test_and_else_the_job_has_failed(ada: Workspace, policy: str):
    name = f"once-{policy.lower()}"
    ada.apply(job("TFJob", name, "tfReplicaSpecs", Worker=replicas("tensorflow", ONCE, 1, policy)))
    assert eventually(lambda: ended(ada, "tfjobs", name)) == "Failed"
    assert restarts(ada, name) == 0


def test_a_job_that_could_not_run_is_refused_in_words(ada: Workspace):
    with pytest.raises(AssertionError) as refused:
        ada.apply(pytorch("misnamed", Master=replicas("trainer", MEET, 1)))
    assert "must have at least one container with name pytorch" in str(refused.value)


def test_users_see_in_the_list_how_a_job_fares(ada: Workspace):
    columns = look_up("crd", "pytorchjobs.kubeflow.org")["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [column["name"] for column in columns] == ["State", "Age"]
