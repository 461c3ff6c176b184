"""What Argo's controller makes of the specification that Pipelines adds to every workflow."""

import json
import pathlib
from typing import Any

import httpx2
import pytest
from support import samples
from support.apiserver import ApiServer, program
from support.charms import load_charm
from support.eventually import eventually
from support.programs import link

PATCH = load_charm(pathlib.Path(__file__).parents[2] / "charms" / "pipelines").workflow_patch
ARGO = "/apis/argoproj.io/v1alpha1/namespaces/ida/workflows"


@pytest.fixture
def _controller(collected: httpx2.Client, apiserver: ApiServer, tmp_path: pathlib.Path) -> Any:
    samples.define(collected, [kind for kind in samples.kinds() if kind.charm == "argo-controller"])
    for name in ("argo", "ida"):
        collected.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()
    settings = {"metadata": {"name": "settings"}, "data": {"metricsConfig": '{"enabled": false}'}}
    collected.post("/api/v1/namespaces/argo/configmaps", json=settings).raise_for_status()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(apiserver.kubeconfig(apiserver.token)))
    command = [
        link("workflow-controller", tmp_path),
        f"--kubeconfig={kubeconfig}",
        "--configmap=settings",
        "--namespace=argo",
    ]
    environment = {"LEADER_ELECTION_DISABLE": "true", "ARGO_PROGRESS_FILE_TICK_DURATION": "0"}
    with program([*command, "--executor-image=argoexec"], tmp_path, environment):
        yield
    for name in ("argo", "ida"):
        collected.delete(f"/api/v1/namespaces/{name}")


@pytest.mark.usefixtures("_controller")
def test_pods_of_a_run_call_others_of_its_namespace_directly(collected: httpx2.Client) -> None:
    step = {
        "name": "step",
        "container": {"image": "step", "command": ["step"], "args": [f"--no_proxy=.{PATCH.NAMESPACE}"]},
    }
    patch = json.loads(PATCH.patch({"NO_PROXY": f".svc,.{PATCH.NAMESPACE}"}))
    spec = {"entrypoint": "step", "templates": [step], "podSpecPatch": patch["podSpecPatch"]}
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "run"}, "spec": spec}
    collected.post(ARGO, json=workflow).raise_for_status()

    def pods() -> list[dict[str, Any]]:
        return collected.get("/api/v1/namespaces/ida/pods").json()["items"]

    (pod,) = eventually(pods)
    (main,) = [item for item in pod["spec"]["containers"] if item["name"] == "main"]
    assert {item["name"]: item.get("value") for item in main["env"]}["NO_PROXY"] == ".svc,.ida"
    assert main["args"][-1] == "--no_proxy=.ida"
