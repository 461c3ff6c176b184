"""The steps of examples/fashion-mnist, compiled by the real SDK, run in a user's namespace.

The programs of Kubeflow Pipelines cannot be had from registries: Argo runs the compiled steps here without them.
"""

import contextlib
import functools
import http.server
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import kfp
import pytest
import yaml
from sample import write
from support.compiled_pipeline import workflow
from support.eventually import eventually
from support.kubeflow import Kubeflow
from support.kubernetes import look_up
from support.workspace import ACCOUNT, IMAGE, PROFILE, Workspace, workspace

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "fashion-mnist"
NAME = "fashion-mnist"


@pytest.fixture
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with kubeflow.host_access(), workspace("ada-example", PROFILE) as made:
        made.await_pipelines()
        yield made


@pytest.fixture
def mirror(tmp_path: pathlib.Path) -> Iterator[str]:
    """The URL where pods find a small data set."""
    write(tmp_path / "sample")
    with serving(tmp_path / "sample") as url:
        yield url


@contextlib.contextmanager
def serving(folder: pathlib.Path) -> Iterator[str]:
    """Serve a folder to the pods of the testbed, from the node that it consists of."""
    addresses = look_up("nodes")["items"][0]["status"]["addresses"]
    node = next(item["address"] for item in addresses if item["type"] == "InternalIP")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("0.0.0.0", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{node}:{server.server_port}"
        server.shutdown()


def compiled(folder: pathlib.Path) -> Any:
    """Return the pipeline as the SDK compiles it for steps that find all they need in their image."""
    output = folder / "pipeline.yaml"
    command = [sys.executable, "-W", "ignore", str(EXAMPLE / "fashion_mnist.py"), "--output", str(output)]
    subprocess.run(command, env={"FASHION_MNIST_IMAGE": IMAGE, "HOME": str(folder)}, check=True)
    return next(yaml.safe_load_all(output.read_text()))


def ended(ada: Workspace) -> dict[str, Any]:
    """Return the workflow's status, once it has ended."""
    status: dict[str, Any] = ada.get("workflow", NAME).get("status") or {}
    assert status.get("phase") in ("Succeeded", "Failed", "Error"), f"{status.get('phase')} {status.get('message')}"
    return status


def logs(ada: Workspace, status: dict[str, Any]) -> dict[str, str]:
    """Return what each step said that has run."""
    pods = {item["displayName"]: item for item in status["nodes"].values() if item["type"] == "Pod"}
    numbers = {step: item["id"].removeprefix(f"{NAME}-") for step, item in pods.items() if item["phase"] != "Omitted"}
    return {step: ada.log(f"{NAME}-{step}-{number}", "main") for step, number in numbers.items()}


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason=f"{IMAGE} has Python 3.11 in the testbed, and NumPy is ours"
)
def test_the_compiled_steps_run_from_the_download_to_the_prediction(
    ada: Workspace, mirror: str, tmp_path: pathlib.Path
):
    arguments = {"mirror": mirror, "verify": False, "epochs": 15, "predictions": 3}
    packages = pathlib.Path(kfp.__file__).parents[1]
    ada.apply(workflow(compiled(tmp_path), arguments, name=NAME, account=ACCOUNT, data="/data", packages=packages))
    status = eventually(lambda: ended(ada))
    said = logs(ada, status)
    assert (status["phase"], status.get("message")) == ("Succeeded", None), said
    assert "600 images seen 15 times" in said["train"]
    assert "on 200 images" in said["evaluate"]
    assert "| 0 | T-shirt | T-shirt |" in said["predict"]
