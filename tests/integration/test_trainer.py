"""Training jobs on several nodes run in a user's namespace, with her rights and no others.

Trainer is deployed beside kubeflow-lite, with images that the testbed has in place of the runtimes' own.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow, offer
from support.kubernetes import kubectl, look_up
from support.workspace import ACCOUNT, IMAGE, Workspace, workspace

from testbed.workloads import NOTEBOOK

Object = dict[str, Any]
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
IMAGES = {name: IMAGE for name in ("torch-distributed", "jax-distributed")}
MEET = """
import os, socket, time
host, port = os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"])
if os.environ["PET_NODE_RANK"] == "0":
    with socket.create_server(("", port)) as server:
        print("met", server.accept()[0].makefile().readline().strip(), "of", os.environ["PET_NNODES"])
else:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection((host, port), timeout=2) as leader:
                leader.sendall((socket.gethostname() + "\\n").encode())
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
"""
"""The first node ends well once another found it by the name that Trainer tells."""
FAIL = "raise SystemExit(3)"
ONCE = {
    "name": "node",
    "template": {
        "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
        "spec": {
            "backoffLimit": 0,
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "node", "image": IMAGE}]}},
        },
    },
}
"""Nodes of which none may fail."""
NOTHING = "print('done')"
SDK = """
from kubeflow.trainer import CustomTrainer, TrainerClient

def train():
    import os
    print("trained as", os.environ["JAX_PROCESS_ID"], "of", os.environ["JAX_NUM_PROCESSES"])

client = TrainerClient()
print(sorted(runtime.name for runtime in client.list_runtimes()))
name = client.train(runtime="jax-distributed", trainer=CustomTrainer(func=train, num_nodes=2))
print(client.wait_for_job_status(name, timeout=120, polling_interval=1).status)
print(*client.get_job_logs(name))
"""
"""What a user types in a notebook."""


@pytest.fixture(scope="module")
def trainer(kubeflow: Kubeflow) -> Iterator[Kubeflow]:
    """The deployment with trainer, as it was before in the end."""
    deployed = "trainer" in kubeflow.juju.status().apps
    if not deployed:
        offer("trainer")
        kubeflow.juju.deploy("trainer", trust=True)
    kubeflow.configure("trainer", {"custom-images": json.dumps(IMAGES)})
    kubeflow.settle("trainer", changing=["trainer"])
    yield kubeflow
    if deployed:
        kubeflow.configure("trainer", {"custom-images": ""})
    else:
        kubeflow.juju.remove_application("trainer", force=True)


@pytest.fixture(scope="module")
def ada(trainer: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-trains-nodes", PROFILE) as made:
        yield made


def job(name: str, source: str, nodes: int = 1, **more: Any) -> Object:
    trains = {"numNodes": nodes, "command": ["python", "-c", source]}
    spec = {"runtimeRef": {"name": "torch-distributed"}, "trainer": trains, **more}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name},
        "spec": spec,
    }


def conditions(ada: Workspace, name: str) -> set[str]:
    """Return what a job says of itself."""
    found = (ada.get("trainjobs", name).get("status") or {}).get("conditions") or []
    return {item["type"] for item in found if item["status"] == "True"}


def logs(ada: Workspace, name: str) -> str:
    return kubectl("logs", "-n", ada.name, "-l", f"jobset.sigs.k8s.io/jobset-name={name}", "-c", "node")


def test_a_job_of_two_nodes_that_find_each_other_by_name_is_complete(ada: Workspace):
    eventually(lambda: ada.apply(job("meet", MEET, 2)) is None)
    assert eventually(lambda: conditions(ada, "meet")) == {"Complete"}
    assert "met meet-node-0-1 of 2" in logs(ada, "meet")


def test_one_whose_program_fails_has_failed_as_a_runtime_of_the_namespace_says(ada: Workspace):
    ada.apply(
        {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainingRuntime",
            "metadata": {"name": "once"},
            "spec": {"mlPolicy": {"numNodes": 1, "torch": {}}, "template": {"spec": {"replicatedJobs": [ONCE]}}},
        }
    )
    own = {"kind": "TrainingRuntime", "name": "once"}
    eventually(lambda: ada.apply(job("fails", FAIL, runtimeRef=own)) is None, timeout=120)
    assert eventually(lambda: conditions(ada, "fails")) == {"Failed"}


def test_a_suspended_one_waits_and_goes_on(ada: Workspace):
    ada.apply(job("later", NOTHING, suspend=True))
    assert eventually(lambda: conditions(ada, "later")) == {"Suspended"}
    assert eventually(lambda: ada.get("jobs", "later-node-0"))["spec"]["suspend"]
    assert not look_up("pods", "-n", ada.name, "-l", "jobset.sigs.k8s.io/jobset-name=later")["items"]
    kubectl("patch", "trainjob", "later", "-n", ada.name, "--type=merge", "-p", '{"spec": {"suspend": false}}')
    assert eventually(lambda: "Complete" in conditions(ada, "later"))


def test_another_user_can_neither_make_nor_see_one_there(ada: Workspace):
    other = f"system:serviceaccount:somebody-else:{ACCOUNT}"
    for arguments, given in (
        (("get", "trainjobs"), ""),
        (("get", "jobsets"), ""),
        (("create", "-f", "-"), json.dumps(job("theirs", NOTHING))),
    ):
        with pytest.raises(AssertionError, match="forbidden"):
            kubectl(*arguments, "-n", ada.name, "--as", other, given=given)


def test_outside_of_profiles_a_job_is_refused_in_words(trainer: Kubeflow):
    with pytest.raises(AssertionError, match="in the namespaces of profiles alone"):
        kubectl("create", "-n", MODEL, "-f", "-", given=json.dumps(job("elsewhere", NOTHING)))


def test_the_sdk_trains_a_function_from_a_pod_of_the_namespace(ada: Workspace):
    program = {
        "name": "main",
        "image": NOTEBOOK,
        "imagePullPolicy": "IfNotPresent",
        # The SDK looks for a function's source, which a file has and `python -c` has not.
        "command": ["sh", "-c", 'printf %s "$0" > /tmp/notebook.py && exec python /tmp/notebook.py', SDK],
        "env": [{"name": "KUBEFLOW_SYSTEM_NAMESPACE", "value": MODEL}],
    }
    spec = {"restartPolicy": "Never", "serviceAccountName": ACCOUNT, "containers": [program]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "notebook"}, "spec": spec}
    kubectl("create", "-n", ada.name, "-f", "-", given=json.dumps(pod))
    eventually(lambda: ada.get("pod", "notebook")["status"]["phase"] in ("Succeeded", "Failed"))
    told = ada.log("notebook", "main")
    assert "'torch-distributed'" in told, told[-2000:]
    assert "Complete" in told, told[-2000:]
    assert "trained as 0 of 2" in told, told[-2000:]
    assert "version info is not available" not in told
