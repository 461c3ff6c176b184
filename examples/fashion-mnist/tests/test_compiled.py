import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml

EXAMPLE = pathlib.Path(__file__).parents[1]


def compiled(folder: pathlib.Path, **environment: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two documents that the SDK makes: the pipeline, and what only Kubernetes understands."""
    output = folder / "pipeline.yaml"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLE / "fashion_mnist.py"), "--output", str(output)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pipeline, platform = yaml.safe_load_all(output.read_text())
    return pipeline, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    return compiled(tmp_path_factory.mktemp("compiled"))


Documents = tuple[dict[str, Any], dict[str, Any]]


def test_steps_follow_each_other(documents: Documents):
    tasks = documents[0]["root"]["dag"]["tasks"]
    before = {name: set(task.get("dependentTasks", ())) for name, task in tasks.items()}
    assert before["download"] == {"createpvc"}
    assert before["train"] == {"createpvc", "download"}
    assert before["evaluate"] == {"createpvc", "train"}
    assert before["predict"] == {"createpvc", "evaluate", "train"}
    assert before["deletepvc"] == {"createpvc", "predict"}


def test_every_step_has_the_volume(documents: Documents):
    mounts = {name: executor.get("pvcMount") for name, executor in documents[1].items()}
    assert set(mounts) == {"exec-download", "exec-train", "exec-evaluate", "exec-predict"}
    for mount in mounts.values():
        assert mount is not None
        assert mount[0]["mountPath"] == "/data"
        assert mount[0]["taskOutputParameter"]["producerTask"] == "createpvc"


def test_every_step_says_how_much_it_takes_and_fits_a_node_with_two_processors(documents: Documents):
    executors = documents[0]["deploymentSpec"]["executors"]
    steps = [name for name in executors if name.removeprefix("exec-") in ("download", "train", "evaluate", "predict")]
    assert len(steps) == 4
    for name in steps:
        resources = executors[name]["container"]["resources"]
        assert (resources["resourceCpuRequest"], resources["resourceMemoryRequest"]) == ("200m", "512Mi")
        assert (resources["resourceCpuLimit"], resources["resourceMemoryLimit"]) == ("2", "2G")


def test_the_run_asks_for_the_accuracy_that_was_promised(documents: Documents):
    parameters = documents[0]["root"]["inputDefinitions"]["parameters"]
    assert parameters["minimum_accuracy"]["defaultValue"] == 0.85


def test_steps_install_what_they_need(documents: Documents):
    container = documents[0]["deploymentSpec"]["executors"]["exec-train"]["container"]
    assert container["image"].startswith("docker.io/library/python:3.12")
    assert "'numpy==" in " ".join(container["command"])


def test_with_an_image_that_has_it_all_steps_install_nothing(tmp_path: pathlib.Path):
    pipeline, _ = compiled(tmp_path, FASHION_MNIST_IMAGE="registry.example/fashion-mnist:1")
    for step in ("download", "train", "evaluate", "predict"):
        container = pipeline["deploymentSpec"]["executors"][f"exec-{step}"]["container"]
        assert container["image"] == "registry.example/fashion-mnist:1"
        assert "pip install" not in " ".join(container["command"])
