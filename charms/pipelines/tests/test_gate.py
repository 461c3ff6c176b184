"""The configurations of both Envoys, as a real Envoy takes them, and who passes the gate to the API."""

import importlib
import pathlib
import subprocess
from typing import Any

import httpx2
import pytest
from support import envoy
from support.pipelines_gate import TOKEN

metadata_proxy: Any = importlib.import_module("metadata_proxy")


def test_the_api_is_asked_through_the_gate_under_both_prefixes(gate: httpx2.Client):
    asked = gate.get("/apis/v2beta1/runs?namespace=ada", headers=TOKEN).json()
    assert asked[:2] == ["api", "/apis/v2beta1/runs?namespace=ada"]
    assert gate.get("/pipeline/apis/v2beta1/runs", headers=TOKEN).json()[1] == "/apis/v2beta1/runs"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer bad"}, {"authorization": "good"}])
def test_whoever_shows_no_good_token_is_refused_even_what_all_users_share(gate: httpx2.Client, headers: dict[str, str]):
    answer = gate.post("/apis/v2beta1/pipelines", headers=headers, json={"display_name": "mine"})
    assert (answer.status_code, "pipelines.kubeflow.org" in answer.text) == (401, True)
    assert gate.get("/apis/v2beta1/healthz", headers=headers).json()[:2] == ["api", "/apis/v2beta1/healthz"]


@pytest.mark.parametrize("prefix", ["", "/pipeline"])
@pytest.mark.parametrize("path", ["v1beta1/visualizations/", "v1beta1/visualizations", "v2beta1//visualizations/"])
def test_no_code_is_drawn_beside_the_api(gate: httpx2.Client, pages: httpx2.Client, prefix: str, path: str):
    assert gate.post(f"{prefix}/apis/{path}", headers=TOKEN, json={}).status_code == 403
    assert pages.post(f"/pipeline/apis/{path}", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/apis/v1alpha1/tasks", "/apis/v1alpha1/runs/r/nodes/p/log"])
def test_what_the_api_answers_to_anybody_is_not_behind_the_gate(gate: httpx2.Client, path: str):
    assert gate.get(path, headers=TOKEN).status_code == 404


@pytest.mark.parametrize("name", ["kubeflow-userid", "Kubeflow-UserID"])
@pytest.mark.parametrize("path", ["/apis/v2beta1/runs", "/pipeline/apis/v2beta1/runs", "//apis/v2beta1/runs"])
def test_nobody_says_there_who_he_is(gate: httpx2.Client, path: str, name: str):
    answer = gate.get(path, headers={name: "ada@example.com"})
    assert (answer.status_code, "a token for pipelines.kubeflow.org" in answer.text) == (403, True)


def test_an_empty_name_is_refused_too(gate: httpx2.Client):
    assert gate.get("/apis/v2beta1/runs", headers={"kubeflow-userid": ""}).status_code == 403


def test_nothing_but_the_api_and_its_metrics_is_behind_the_gate(gate: httpx2.Client):
    assert [gate.get(path).status_code for path in ("/", "/pipeline/", "/apis", "/other")] == [404] * 4


def test_grpc_is_refused_the_same_way(gate: httpx2.Client, ports: dict[str, int]):
    url = f"http://127.0.0.1:{ports['GATE_GRPC']}/api.RunService/CreateRun"
    assert httpx2.post(url, headers={"kubeflow-userid": "ada@example.com"}, timeout=5).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api.VisualizationService/CreateVisualizationV1", 403),
        ("/api.PipelineService/CreatePipelineV1", 401),
        ("/kubeflow.pipelines.backend.api.v2beta1.PipelineService/DeletePipeline", 401),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", 401),
    ],
)
def test_of_grpc_only_what_drivers_need_is_for_those_without_a_token(
    gate: httpx2.Client, ports: dict[str, int], path: str, status: int
):
    assert httpx2.post(f"http://127.0.0.1:{ports['GATE_GRPC']}{path}", timeout=5).status_code == status
    tasks = f"http://127.0.0.1:{ports['GATE_GRPC']}/api.TaskService/ListTasksV1"
    assert httpx2.post(tasks, timeout=5).status_code == 503, "passed on, and no API there speaks gRPC"


def test_envoy_takes_the_configuration_of_the_metadata_proxy(tmp_path: pathlib.Path):
    path = tmp_path / "envoy.json"
    path.write_text(metadata_proxy.configuration())
    done = subprocess.run([envoy.find(), "--mode", "validate", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


RUN = "runs/r/nodes/n/artifacts/mlpipeline-metrics:read"
SPELLINGS = (
    RUN,
    f"{RUN}/",
    RUN.replace(":", "%3A"),
    RUN.replace(":", "%3a"),
    RUN.replace("runs", "%72uns"),
    RUN.replace("artifacts", "art%69facts"),
    RUN.replace(":read", ":re%61d"),
    RUN.replace("/nodes/", "//nodes/./"),
    RUN.replace("/nodes", "%2Fnodes"),
)


def test_the_api_reads_no_object_that_a_workflow_says_it_made(
    gate: httpx2.Client, pages: httpx2.Client, ports: dict[str, int]
):
    for path in (f"/apis/{version}/{path}" for version in ("v1beta1", "v2beta1") for path in SPELLINGS):
        answers = [gate.get(f"{prefix}{path}", headers=TOKEN) for prefix in ("", "/pipeline")]
        for answer in (*answers, pages.get(f"/pipeline{path}")):
            assert answer.status_code in (400, 403), path
    for service in ("api", "kubeflow.pipelines.backend.api.v2beta1"):
        for method in ("ReadArtifact", "ReadArtifactV1"):
            url = f"http://127.0.0.1:{ports['GATE_GRPC']}/{service}.RunService/{method}"
            assert httpx2.post(url, headers=TOKEN, timeout=5).status_code == 403


def test_what_clients_escape_passes(gate: httpx2.Client, pages: httpx2.Client):
    for path in ("runs/r", "runs/r:terminate", "pipelines/names/a%20b%3Ac?namespace=ada", "experiments/a-b_c.d~e"):
        assert gate.get(f"/apis/v2beta1/{path}", headers=TOKEN).json()[:2] == ["api", f"/apis/v2beta1/{path}"]
        assert pages.get(f"/pipeline/apis/v2beta1/{path}").json()[:2] == ["api", f"/apis/v2beta1/{path}"]


UPLOADS = {
    "upload?name=a%20b&namespace=ada": True,
    "upload?name=a": False,
    "upload?namespace=": False,
    "upload?namespace=%zz": False,
    "upload?namespace=ada;": False,
    "upload?namespace=&namespace=ada": False,
    "uplo%61d?name=a": False,
    "upload/": False,
    "upload;a": False,
    "upload_version?pipelineid=of-ada": True,
    "upload_version?pipelineid=shared": False,
    "upload_version?pipelineid=of-nobody": False,
    "upload_version?pipelineid=of-ada&pipelineid=shared": False,
    "upload_version?pipelineid=..%2Fruns": False,
    "upload_version": False,
}


def test_what_all_users_share_is_uploaded_by_those_alone_who_may_make_pipelines_in_the_model(
    gate: httpx2.Client, pages: httpx2.Client
):
    for path, passes in UPLOADS.items():
        for asked in (f"/apis/{version}/pipelines/{path}" for version in ("v1beta1", "v2beta1")):
            for answer in (gate.post(asked, headers=TOKEN), pages.post(f"/pipeline{asked}")):
                assert (answer.status_code, passes) in ((200, True), (400, False), (403, False)), (asked, answer.text)
                assert not passes or answer.json()[:2] == ["api", asked]
    for path in ("upload", "upload_version?pipelineid=shared"):
        answer = pages.post(f"/pipeline/apis/v2beta1/pipelines/{path}", headers={"kubeflow-userid": "operator"})
        assert answer.json()[:2] == ["api", f"/apis/v2beta1/pipelines/{path}"]
