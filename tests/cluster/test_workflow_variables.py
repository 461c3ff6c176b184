"""What Argo's controller makes of workflows: with what Pipelines adds to them, and in spite of other users."""

import json
import pathlib
from collections.abc import Iterator
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


@pytest.fixture(scope="module", autouse=True)
def _controller(
    collected: httpx2.Client, apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    tmp_path = tmp_path_factory.mktemp("argo")
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


def test_pods_of_a_run_call_others_of_its_namespace_directly_and_are_on_nodes_of_one_architecture(
    collected: httpx2.Client,
) -> None:
    step = {
        "name": "step",
        "container": {"image": "step", "command": ["step"], "args": [f"--no_proxy=.{PATCH.NAMESPACE}"]},
    }
    patch = json.loads(PATCH.patch("arm64", {"NO_PROXY": f".svc,.{PATCH.NAMESPACE}"}))
    added = {key: patch[key] for key in ("nodeSelector", "podSpecPatch")}
    spec = {"entrypoint": "step", "templates": [step], **added}
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "run"}, "spec": spec}
    collected.post(ARGO, json=workflow).raise_for_status()

    def pods() -> list[dict[str, Any]]:
        selector = {"labelSelector": "workflows.argoproj.io/workflow=run"}
        return collected.get("/api/v1/namespaces/ida/pods", params=selector).json()["items"]

    (pod,) = eventually(pods)
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    (main,) = [item for item in pod["spec"]["containers"] if item["name"] == "main"]
    assert {item["name"]: item.get("value") for item in main["env"]}["NO_PROXY"] == ".svc,.ida"
    assert main["args"][-1] == "--no_proxy=.ida"


def test_nobodys_results_keep_the_controller_from_running_workflows_of_others(collected: httpx2.Client) -> None:
    results = "/apis/argoproj.io/v1alpha1/namespaces/argo/workflowtaskresults"
    for number, outputs in enumerate(({"parameters": "not a list"}, {"artifacts": [{"s3": {"key": 1}}]})):
        result = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult", "outputs": outputs}
        answer = collected.post(results, json={**result, "metadata": {"name": f"result-{number}"}})
        assert answer.status_code == 422, answer.text
    spec = {"entrypoint": "step", "templates": [{"name": "step", "container": {"image": "step", "command": ["step"]}}]}
    workflow = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "other"}, "spec": spec}
    collected.post(ARGO, json=workflow).raise_for_status()
    assert eventually(lambda: collected.get(f"{ARGO}/other").json().get("status", {}).get("phase"))
