"""Training jobs run in a user's namespace, with the rights that the charms give her and no others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.sandbox.confinement import NAMESPACES
from support.eventually import LATE, eventually
from support.kubeflow import Kubeflow
from support.kubernetes import kubectl, look_up
from support.workspace import IMAGE, Workspace, workspace

from testbed.workloads import OPEN_MPI

Object = dict[str, Any]
MEET = """
import json, os, socket, time
known = os.environ
told = json.loads(known.get("TF_CONFIG", "{}"))
if told:
    leads = told["task"]["type"] == "chief"
    host, _, port = told["cluster"]["chief"][0].rpartition(":")
elif "PADDLE_MASTER" in known:
    leads = "-master-" in socket.gethostname()
    host, _, port = known["PADDLE_MASTER"].rpartition(":")
elif "PROCESS_ID" in known:
    leads, host, port = known["PROCESS_ID"] == "0", known["COORDINATOR_ADDRESS"], known["COORDINATOR_PORT"]
else:
    leads, host, port = known["RANK"] == "0", known["MASTER_ADDR"], known["MASTER_PORT"]
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

AMONG_EQUALS = """
import socket
from mpi4py import MPI

world = MPI.COMM_WORLD
people = world.gather(socket.gethostname())
if world.rank == 0:
    print("met", people)
"""
"""Shows what all ranks told the first one."""

ONCE = """
import pathlib, sys
tried = pathlib.Path("/volume/tried")
if not tried.exists():
    tried.touch()
    sys.exit(1)
"""
"""Fails when it is run for the first time in a pod."""

WAIT = "import time; time.sleep(600)"

POD_GROUPS = "podgroups.scheduling.x-k8s.io"
SCHEDULER = "default-scheduler"
"""Kubernetes's own, which leaves groups alone: the operator names it and makes groups for it as for any other."""


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-trains", NAMESPACES["profiles"]) as made:
        yield made


@pytest.fixture
def gangs(kubeflow: Kubeflow) -> Iterator[None]:
    """A cluster that knows groups of pods, and an operator that makes them."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": POD_GROUPS,
            # Kubernetes wants it where a group is one of its own.
            "annotations": {
                "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/scheduler-plugins/pull/50"
            },
        },
        "spec": {
            "group": "scheduling.x-k8s.io",
            "scope": "Namespaced",
            "names": {"kind": "PodGroup", "plural": "podgroups", "singular": "podgroup", "listKind": "PodGroupList"},
            "versions": [
                {"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
            ],
        },
    }
    kubectl("create", "-f", "-", given=json.dumps(definition))
    try:
        kubeflow.configure("training-operator", {"gang-scheduler": SCHEDULER})
        kubeflow.settle(changing=["training-operator"])
        yield
    finally:
        kubeflow.configure("training-operator", {"gang-scheduler": ""})
        kubectl("delete", "customresourcedefinition", POD_GROUPS)
        kubeflow.settle(changing=["training-operator"])


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


def ranks(number: int, **more: list[str]) -> Object:
    """Return the specification of replicas with Open MPI; without a command they wait for mpirun."""
    program = {"name": "mpi", "image": OPEN_MPI, "imagePullPolicy": "IfNotPresent", **more}
    return {"replicas": number, "template": {"spec": {"containers": [program]}}}


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


def scheduled(ada: Workspace, group: str, number: int) -> bool:
    """Tell that all pods of a group run, placed by the gang scheduler.

    Raises:
        AssertionError: they do not.
    """
    pods = look_up("pods", "-n", ada.name, "-l", f"scheduling.x-k8s.io/pod-group={group}")["items"]
    found = [(pod["spec"]["schedulerName"], pod["status"]["phase"]) for pod in pods]
    assert found == [(SCHEDULER, "Running")] * number
    return True


@pytest.mark.parametrize(
    ("kind", "field", "container", "roles"),
    [
        ("PyTorchJob", "pytorchReplicaSpecs", "pytorch", {"Master": 1, "Worker": 2}),
        ("TFJob", "tfReplicaSpecs", "tensorflow", {"Chief": 1, "Worker": 2}),
        ("XGBoostJob", "xgbReplicaSpecs", "xgboost", {"Master": 1, "Worker": 2}),
        ("PaddleJob", "paddleReplicaSpecs", "paddle", {"Master": 1, "Worker": 2}),
        ("JAXJob", "jaxReplicaSpecs", "jax", {"Worker": 3}),
    ],
)
def test_a_job_succeeds_in_which_two_workers_find_who_leads(
    ada: Workspace, kind: str, field: str, container: str, roles: dict[str, int]
):
    name, leader = f"meet-{container}", next(iter(roles)).lower()
    programs = {role: replicas(container, MEET, number) for role, number in roles.items()}
    ada.apply(job(kind, name, field, **programs))
    assert eventually(lambda: ended(ada, f"{kind.lower()}s", name)) == "Succeeded"
    workers = [f"{name}-worker-{number}" for number in range(roles["Worker"])]
    assert f"met {workers[-2:]}" in ada.log(f"{name}-{leader}-0", container)


def test_mpirun_starts_a_program_on_each_worker_and_they_find_each_other(ada: Workspace):
    command = ["mpirun", "--allow-run-as-root", "--bind-to", "none", "-np", "2", "python3", "-c", AMONG_EQUALS]
    roles = {"Launcher": ranks(1, command=command), "Worker": ranks(2)}
    ada.apply(job("MPIJob", "meet-mpi", "mpiReplicaSpecs", **roles))
    assert eventually(lambda: ended(ada, "mpijobs", "meet-mpi"), timeout=LATE) == "Succeeded"
    assert "met ['meet-mpi-worker-0', 'meet-mpi-worker-1']" in ada.log("meet-mpi-launcher", "mpi")


def test_with_a_gang_scheduler_a_job_is_one_group_of_pods_as_long_as_it_runs(ada: Workspace, gangs: None):
    roles = {role: replicas("pytorch", WAIT, number) for role, number in (("Master", 1), ("Worker", 2))}
    ada.apply(pytorch("together", **roles))
    assert eventually(lambda: ada.get("podgroups", "together"))["spec"]["minMember"] == 3
    eventually(lambda: scheduled(ada, "together", 3))
    kubectl("delete", "pytorchjob", "together", "-n", ada.name)
    assert eventually(lambda: not look_up("podgroups", "-n", ada.name)["items"])


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
