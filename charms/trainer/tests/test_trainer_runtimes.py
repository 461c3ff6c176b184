import pathlib

import pytest
import yaml
from ops import testing

ROOT = pathlib.Path(__file__).parent.parent
FRAMEWORK = "trainer.kubeflow.org/framework"
IMAGES = yaml.safe_load((ROOT / "images.yaml").read_text())["custom-images"]
NAMES = (
    "deepspeed-distributed",
    "jax-distributed",
    "mlx-distributed",
    "torch-distributed",
    "torchtune-llama3.2-1b",
    "torchtune-llama3.2-3b",
    "torchtune-qwen2.5-1.5b",
    "xgboost-distributed",
)
STEP = "trainer.kubeflow.org/trainjob-ancestor-step"
SMALL = """
torch-small:
  framework: torch
  mlPolicy: {numNodes: 1, torch: {}}
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            metadata: {labels: {trainer.kubeflow.org/trainjob-ancestor-step: trainer}}
            spec: {template: {spec: {containers: [{name: node, image: 'registry.site/small:1'}]}}}
"""


def runtimes(trainer) -> list[str]:
    """Return the names of the runtimes that are there."""
    found = [item for item in trainer.cluster.objects.values() if item["kind"] == "ClusterTrainingRuntime"]
    return sorted(item["metadata"]["name"] for item in found)


def images(trainer, name: str) -> set[str]:
    """Return the images of a runtime's pods."""
    return {container["image"] for pod in trainer.pods(name).values() for container in pod["containers"]}


def test_the_images_of_the_pods_are_those_that_are_listed(trainer):
    trainer.settle()
    assert {image for name in NAMES for image in images(trainer, name)} == set(IMAGES.values())


@pytest.mark.parametrize(
    ("name", "framework", "policy"),
    [
        ("torch-distributed", "torch", "torch"),
        ("jax-distributed", "jax", "jax"),
        ("xgboost-distributed", "xgboost", "xgboost"),
        ("deepspeed-distributed", "deepspeed", "mpi"),
        ("mlx-distributed", "mlx", "mpi"),
        ("torchtune-llama3.2-1b", "torchtune", "torch"),
        ("torchtune-llama3.2-3b", "torchtune", "torch"),
        ("torchtune-qwen2.5-1.5b", "torchtune", "torch"),
    ],
)
def test_there_is_a_runtime_for_each_framework_and_model(trainer, name, framework, policy):
    trainer.settle()
    labels = trainer.cluster.find("ClusterTrainingRuntime", name)["metadata"]["labels"]
    assert labels[FRAMEWORK] == framework
    assert set(trainer.runtime(name)["mlPolicy"]) == {"numNodes", policy}


def test_no_other_is_there(trainer):
    trainer.settle()
    assert runtimes(trainer) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_one_job_of_each_trains_in_the_container_that_trainer_knows(trainer, name):
    trainer.settle()
    jobs = trainer.runtime(name)["template"]["spec"]["replicatedJobs"]
    (trains,) = [job for job in jobs if job["template"].get("metadata", {}).get("labels", {}).get(STEP) == "trainer"]
    assert [item["name"] for item in trains["template"]["spec"]["template"]["spec"]["containers"]] == ["node"]


def test_a_launcher_starts_once_all_nodes_can_be_reached_and_decides_how_the_job_ends(trainer):
    trainer.settle()
    spec = trainer.runtime("deepspeed-distributed")["template"]["spec"]
    node, launcher = spec["replicatedJobs"]
    assert launcher["dependsOn"] == [{"name": node["name"], "status": "Ready"}]
    assert spec["successPolicy"]["targetReplicatedJobs"] == [launcher["name"]]
    for pod in trainer.pods("deepspeed-distributed").values():
        assert pod["containers"][0]["securityContext"] == {"runAsUser": 1000}


def test_a_model_and_data_are_fetched_before_it_is_fine_tuned_on_the_same_disk(trainer):
    trainer.settle()
    name = "torchtune-qwen2.5-1.5b"
    spec = trainer.runtime(name)["template"]["spec"]
    assert spec["replicatedJobs"][2]["dependsOn"] == [
        {"name": "dataset-initializer", "status": "Complete"},
        {"name": "model-initializer", "status": "Complete"},
    ]
    (policy,) = spec["volumeClaimPolicies"]
    (disk,) = policy["templates"]
    pods = trainer.pods(name)
    for pod in pods.values():
        assert pod["containers"][0]["volumeMounts"] == [{"name": disk["metadata"]["name"], "mountPath": "/workspace"}]
    assert {"name": "STORAGE_URI", "value": "hf://Qwen/Qwen2.5-1.5B-Instruct"} in (
        pods["model-initializer"]["containers"][0]["env"]
    )
    command = pods["node"]["containers"][0]["command"]
    assert "tokenizer.merges_file=/workspace/model/merges.txt" in command
    assert pods["node"]["containers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 2}}


def test_what_fetches_goes_through_the_models_proxy(trainer, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy.site:3128")
    trainer.settle()
    pods = trainer.pods("torchtune-llama3.2-1b")
    for step in ("dataset-initializer", "model-initializer"):
        assert {"name": "HTTPS_PROXY", "value": "http://proxy.site:3128"} in pods[step]["containers"][0]["env"]
    assert "env" not in pods["node"]["containers"][0]


def test_a_registry_takes_the_place_of_the_public_ones_but_for_single_images(trainer):
    trainer.configured(image_registry="registry.site/mirror", custom_images="{torchtune: 'own.site/tune:1'}")
    assert images(trainer, "torch-distributed") == {
        "registry.site/mirror/pytorch/pytorch:2.13.0-cuda13.0-cudnn9-runtime"
    }
    assert images(trainer, "torchtune-llama3.2-1b") == {
        "own.site/tune:1",
        "registry.site/mirror/kubeflow/trainer/dataset-initializer:v2.3.0",
        "registry.site/mirror/kubeflow/trainer/model-initializer:v2.3.0",
    }


@pytest.mark.parametrize("key", IMAGES)
def test_every_image_can_be_another(trainer, key):
    trainer.configured(custom_images=f"{{{key}: 'own.site/{key}:1'}}")
    assert f"own.site/{key}:1" in {image for name in NAMES for image in images(trainer, name)}


def test_runtimes_can_be_taken_away_and_come_again(trainer):
    before = trainer.settle()
    without = trainer.reconfigure(before, runtimes_disabled="mlx-distributed, torchtune-llama3.2-3b")
    assert set(NAMES) - set(runtimes(trainer)) == {"mlx-distributed", "torchtune-llama3.2-3b"}
    trainer.reconfigure(without, runtimes_disabled="")
    assert runtimes(trainer) == list(NAMES)


def test_an_operator_adds_runtimes(trainer):
    trainer.configured(extra_runtimes=SMALL)
    item = trainer.cluster.find("ClusterTrainingRuntime", "torch-small")
    assert item["metadata"]["labels"][FRAMEWORK] == "torch"
    assert "framework" not in item["spec"]
    assert images(trainer, "torch-small") == {"registry.site/small:1"}


@pytest.mark.parametrize(
    ("scheduler", "group", "policy"),
    [("volcano", "scheduling.volcano.sh", "volcano"), ("cosched", "scheduling.x-k8s.io", "coscheduling")],
)
def test_a_gang_scheduler_places_pods_of_built_in_runtimes(trainer, scheduler, group, policy):
    trainer.define(f"podgroups.{group}")
    state = trainer.configured(gang_scheduler=scheduler)
    assert state.unit_status == testing.ActiveStatus()
    for name in NAMES:
        assert trainer.runtime(name)["podGroupPolicy"] == {policy: {}}
        assert {pod["schedulerName"] for pod in trainer.pods(name).values()} == {scheduler}


def test_with_a_gang_scheduler_trainer_starts_anew_as_it_looks_for_groups_only_then(trainer):
    trainer.define("podgroups.scheduling.volcano.sh")
    before = trainer.settle()
    after = trainer.reconfigure(before, gang_scheduler="volcano")
    assert trainer.program(after, "trainer-controller").summary != trainer.program(before, "trainer-controller").summary
    assert trainer.program(after, "jobset-controller").summary == trainer.program(before, "jobset-controller").summary


def test_a_scheduler_that_is_not_there_blocks_says_what_to_do_and_leaves_what_runs(trainer):
    before = trainer.settle()
    after = trainer.reconfigure(before, gang_scheduler="volcano")
    assert "the cluster has no podgroups.scheduling.volcano.sh" in after.unit_status.message
    assert "juju config trainer --reset gang-scheduler" in after.unit_status.message
    assert "podGroupPolicy" not in trainer.runtime("torch-distributed")
    assert trainer.program(after, "trainer-controller") == trainer.program(before, "trainer-controller")
