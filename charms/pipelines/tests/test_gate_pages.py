"""What the gate lets through to the pages, and to what they show."""

import importlib

import httpx2
import pytest
from support.pipelines_gate import TOKEN

PROOF = "x-kubeflow-artefact-proof"


@pytest.mark.parametrize("path", ["/pipeline/", "/pipeline/static/js/main.1.js", "/pipeline/system/cluster-name"])
def test_the_pages_are_shown(pages: httpx2.Client, path: str):
    assert pages.get(path).json()[:2] == ["ui", path]


def test_the_pages_ask_the_api_itself(pages: httpx2.Client):
    name, path, headers = pages.get("/pipeline/apis/v2beta1/runs?namespace=ada").json()
    assert (name, path, headers["kubeflow-userid"]) == ("api", "/apis/v2beta1/runs?namespace=ada", "ada@example.com")


def test_no_program_behind_the_gate_sees_the_users_session(pages: httpx2.Client):
    said = {"cookie": "session=1", "authorization": "Bearer x", "referer": "http://a/apis/v1beta1/_proxy/http://b"}
    for path in ("/pipeline/", "/pipeline/apis/v2beta1/runs"):
        assert not said.keys() & pages.get(path, headers=said).json()[2].keys()


def test_an_artefact_of_the_users_own_comes_with_the_proof_for_her_namespace(pages: httpx2.Client):
    path = "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada"
    answer = pages.get(path, headers={PROOF: "forged"})
    name, asked, headers = answer.json()
    assert (name, asked, headers[PROOF]) == ("ui", path, importlib.import_module("artefact_proof").proof("k", "ada"))
    assert (answer.headers["content-security-policy"], answer.headers["x-content-type-options"]) == (
        "sandbox",
        "nosniff",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/bob/a&namespace=bob",
        "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/bob/a&namespace=ada",
        "/pipeline/artifacts/%2e%2e/%2e%2e/k8s/pod?podname=p&namespace=ada",
        "/pipeline/k8s/pod/logs?podname=p&podnamespace=bob",
        "/pipeline/k8s/pod?podname=pipelines-0&podnamespace=edge",
        "/pipeline/k8s/pod/events?podname=p&podnamespace=bob",
        "/pipeline/apps/tensorboard?logdir=x&namespace=bob",
        "/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1%3A9901%2Fquitquitquit",
        "/pipeline/apis/v1beta1/_proxy/127.0.0.1:9902/config_dump",
        f"/pipeline/apps/tensorboard/proxy/eyJuYW1lc3BhY2UiOiAiYm9iIn0.{'s' * 43}/",
        "/pipeline/apis/v2beta1/workflows",
        "/pipeline/apis/v2beta1/pipelines/names/bobs",
        "/pipeline/apis/v2beta1/pipelines/names/bobs?namespace=",
        "/pipeline/apis/v2beta1/pipelines/names/bobs?namespace=&namespace=ada",
        "/pipeline/apis/v1beta1/pipelines/names/bobs?name_space=ada",
        "/pipeline/apis/v1beta1/namespaces/-/pipelines/bobs",
        "/pipeline/apis/v1beta1/runs/r:reportMetrics",
        "/PIPELINE/Artifacts/Get/?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada",
        "/pipeline/ml_metadata.MetadataStoreService/GetArtifacts",
        "/pipeline/apis/v1alpha1/tasks",
        "/pipeline/other",
        "/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts%2Fbob%2Fa?namespace=ada",
    ],
)
def test_what_is_anothers_or_no_page_asks_for_does_not_pass(pages: httpx2.Client, path: str):
    assert pages.get(path).status_code in (400, 403, 404), path


@pytest.mark.parametrize(
    "path", ["/apis/v2beta1/pipelines/names/mine?namespace=ada", "/apis/v1beta1/namespaces/ada/pipelines/mine"]
)
def test_a_pipeline_is_found_by_its_name_in_a_namespace(gate: httpx2.Client, pages: httpx2.Client, path: str):
    assert pages.get(f"/pipeline{path}").json()[:2] == ["api", path]
    assert gate.get(path, headers=TOKEN).json()[:2] == ["api", path]
    assert gate.get(path.replace("ada", "-").partition("?")[0], headers=TOKEN).status_code == 403


def test_whoever_the_gateway_does_not_name_sees_nothing(pages: httpx2.Client, ports: dict[str, int]):
    for path in ("/pipeline/", "/pipeline/apis/v2beta1/runs", "/pipeline/k8s/pod?podname=p&podnamespace=ada"):
        assert httpx2.get(f"http://127.0.0.1:{ports['GATE_PAGES']}{path}", timeout=5).status_code == 403


def test_a_link_without_a_namespace_leads_to_that_of_its_key(pages: httpx2.Client):
    answer = pages.get("/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/v2/a")
    place = "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/v2/a?namespace=ada"
    assert (answer.status_code, answer.headers["location"]) == (302, place)
