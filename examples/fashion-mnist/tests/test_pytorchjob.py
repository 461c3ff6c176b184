import pathlib
import subprocess
import sys
from typing import Any

import yaml
from pytorchjob import documents

EXAMPLE = pathlib.Path(__file__).parents[1]


def replicas(job: dict[str, Any]) -> dict[str, int]:
    return {kind: spec["replicas"] for kind, spec in job["spec"]["pytorchReplicaSpecs"].items()}


def container(job: dict[str, Any], kind: str) -> dict[str, Any]:
    return job["spec"]["pytorchReplicaSpecs"][kind]["template"]["spec"]["containers"][0]


def test_the_program_that_replicas_run_is_in_the_config_map():
    program, job = documents()
    assert program["data"]["train_torch.py"] == (EXAMPLE / "train_torch.py").read_text()
    template = job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    assert template["volumes"][0]["configMap"]["name"] == program["metadata"]["name"]
    assert container(job, "Worker")["command"][-1] == "/program/train_torch.py"


def test_a_master_trains_with_as_many_workers_as_asked_for():
    assert replicas(documents(workers=3)[1]) == {"Master": 1, "Worker": 3}
    assert replicas(documents(workers=0)[1]) == {"Master": 1}


def test_master_and_worker_fit_a_node_with_two_processors():
    job = documents(workers=1)[1]
    asked = [container(job, kind)["resources"]["requests"] for kind in ("Master", "Worker")]
    assert asked == [{"cpu": "200m", "memory": "512Mi"}] * 2


def test_each_replica_asks_for_its_gpus():
    _, job = documents(graphics=1)
    assert container(job, "Master")["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in container(documents()[1], "Master")["resources"]["limits"]


def test_what_is_printed_is_yaml_for_kubectl():
    command = [sys.executable, str(EXAMPLE / "pytorchjob.py"), "--workers", "2", "--image", "registry.example/torch:1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    program, job = yaml.safe_load_all(printed)
    assert (program["kind"], job["kind"]) == ("ConfigMap", "PyTorchJob")
    assert container(job, "Worker")["image"] == "registry.example/torch:1"
