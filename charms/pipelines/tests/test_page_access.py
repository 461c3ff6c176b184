"""What is asked of Kubernetes for each request of the pages, and what nobody may ask."""

import base64
import importlib
import json
import urllib.parse
from typing import Any

import pytest

page_access: Any = importlib.import_module("page_access")
authorizer: Any = importlib.import_module("authorizer")
SETTINGS = {
    "bucket": "mlpipeline",
    "endpoint": "minio.edge.svc:9000",
    "login": "mlpipeline-minio-artifact",
    "prefixes": ["private-artifacts/{namespace}/", "shared/"],
}
VIEWER = f"viewer-{'a' * 40}"
TENSORBOARDS = "/pipeline/apps/tensorboard/proxy"


def signed(whose: object) -> str:
    """Return a TensorBoard's place in the addresses of the page server, which signs with HMAC-SHA256."""
    written = base64.urlsafe_b64encode(json.dumps(whose).encode()).decode().rstrip("=")
    return f"{written}.{'s' * 43}"


OF_ADA = signed({"namespace": "ada", "viewerName": VIEWER})
OURS = {
    "Provider": "minio",
    "Params": {
        "fromEnv": "false",
        "secretName": "mlpipeline-minio-artifact",
        "accessKeyKey": "accesskey",
        "secretKeyKey": "secretkey",
        "endpoint": "minio.edge.svc:9000",
        "disableSSL": "true",
    },
}


def asked(target: str, method: str = "GET") -> set[str]:
    """Return `verb resource.group/subresource in namespace` for each question."""
    return {
        f"{item.verb} {item.resource}{item.group and '.'}{item.group}{item.subresource and '/'}{item.subresource} "
        f"in {item.namespace}"
        for item in page_access.asked(method, target, SETTINGS).questions
    }


def artefact(**changes: str) -> str:
    found = {"source": "minio", "bucket": "mlpipeline", "key": "private-artifacts/ada/a", "namespace": "ada", **changes}
    return f"/pipeline/artifacts/get?{urllib.parse.urlencode(found)}"


@pytest.mark.parametrize(
    ("target", "method", "questions"),
    [
        ("/pipeline/k8s/pod?podname=p&podnamespace=ada", "GET", {"get pods in ada"}),
        ("/pipeline/k8s/pod/logs?podname=p&podnamespace=ada&createdat=2026-11-29", "GET", {"get pods/log in ada"}),
        ("/pipeline/k8s/pod/events?podname=p&podnamespace=ada", "GET", {"get pods in ada", "list events in ada"}),
        ("/pipeline/apps/tensorboard?logdir=a&namespace=ada", "GET", {"get viewers.kubeflow.org in ada"}),
        ("/pipeline/apps/tensorboard?logdir=a&namespace=ada", "DELETE", {"delete viewers.kubeflow.org in ada"}),
        (
            "/pipeline/apps/tensorboard?logdir=a&namespace=ada&image=i&podtemplatespec=%7B%7D",
            "POST",
            {"create viewers.kubeflow.org in ada", "create pods in ada"},
        ),
        (
            f"{TENSORBOARDS}/{OF_ADA}/data/plugin/scalars/tags?tag=a%2Fb",
            "POST",
            {"get viewers.kubeflow.org in ada"},
        ),
        (artefact(), "GET", {"readArtifact runs.pipelines.kubeflow.org in ada"}),
        (
            artefact(source="s3", providerInfo=json.dumps(OURS)),
            "HEAD",
            {"readArtifact runs.pipelines.kubeflow.org in ada"},
        ),
        (
            artefact(key="private-artifacts/ada/a%2525b%252520c.d"),
            "GET",
            {"readArtifact runs.pipelines.kubeflow.org in ada"},
        ),
        (artefact(key="shared/of/all"), "GET", {"readArtifact runs.pipelines.kubeflow.org in ada"}),
        (
            "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/a%20b?namespace=ada",
            "GET",
            {"readArtifact runs.pipelines.kubeflow.org in ada"},
        ),
    ],
)
def test_whoever_asks_has_to_have_the_right_to_what_is_shown(target: str, method: str, questions: set[str]):
    assert asked(target, method) == questions


def test_an_artefact_of_a_run_that_was_told_of_another_store_is_looked_for_in_this_one():
    target = artefact(providerInfo=provider(endpoint="minio.kubeflow:9000"))
    with pytest.raises(page_access.Elsewhere) as place:
        asked(target)
    assert urllib.parse.parse_qs(str(place.value)) == urllib.parse.parse_qs(artefact())


def provider(**changes: str) -> str:
    return json.dumps({**OURS, "Params": {**OURS["Params"], **changes}})  # pyright: ignore[reportGeneralTypeIssues]


@pytest.mark.parametrize(
    "target",
    [
        artefact(providerInfo=provider(secretName="pipelines-token")),
        artefact(providerInfo="{"),
        artefact(providerInfo="[]"),
        artefact(providerInfo='{"Params": null}'),
        *(artefact(source=source) for source in ("http", "https", "gcs", "volume", "", "MINIO")),
        artefact(bucket="mysql-backups"),
        artefact(key="private-artifacts/bob/a"),
        artefact(key="private-artifacts/ada"),
        artefact(key="private-artifacts/ada/../bob/a"),
        artefact(key="private-artifacts/ada//a"),
        artefact(key="private-artifacts/ada/./a"),
        artefact(key="/private-artifacts/ada/a"),
        artefact(key="private-artifacts/ada/a\n"),
        artefact(namespace="x@169.254.169.254/latest/?q="),
        artefact(namespace="a.b"),
        artefact(namespace="Ada"),
        artefact(namespace=""),
        artefact(peek="1e9"),
        artefact(other="1"),
        artefact() + "&namespace=bob",
        artefact() + "&key=private-artifacts/bob/a",
        artefact() + "&%6eamespace=bob",
        artefact() + "&peek",
        artefact() + "".join(f"&a{number}=1" for number in range(30)),
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/%2e%2e/bob/a?namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/%252e%252e/bob/a?namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/.%25252E%252fbob/a?namespace=ada",
        "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/ada/%252e%252E/bob&namespace=ada",
        "/pipeline/artifacts/get?source=s3&bucket=mlpipeline&key=private-artifacts/ada/..%252Fbob/a&namespace=ada",
        "/pipeline/artifacts/get?source=s3&bucket=mlpipeline&key=private-artifacts/ada/..%255cbob&namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts%2fbob%2fa?namespace=ada",
        "/pipeline/artifacts/volume/mlpipeline/private-artifacts/ada/a?namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/%ff?namespace=ada",
        "/pipeline/artifacts/",
        "/pipeline/k8s/pod?podname=p",
        "/pipeline/k8s/pod?podname=p&podnamespace=%2561da",
        "/pipeline/k8s/pod?podname=..&podnamespace=ada",
        "/pipeline/k8s/pod?podname=p%2Fexec&podnamespace=ada",
        "/pipeline/k8s/pod?podname=p&podnamespace=ada&podnamespace=bob",
        "/pipeline/k8s/pod/logs?podname=p&podnamespace=ada&createdat=../..",
        "/pipeline/k8s/pod/events?podname=p%2CinvolvedObject.kind%21%3DX&podnamespace=ada",
        "/pipeline/k8s/pod/?podname=p&podnamespace=ada",
        "/pipeline/apps/tensorboard?logdir=a",
        "/pipeline/apps/tensorboard?logdir=a&namespace=ada&namespace=bob",
        "/pipeline/apis/v1beta1/_proxy/http://127.0.0.1:9901/",
        f"/pipeline/apis/v1beta1/_proxy/{VIEWER}-service.ada.svc.cluster.local:80/tensorboard/{VIEWER}/",
        f"{TENSORBOARDS}/{OF_ADA}",
        f"{TENSORBOARDS}/{OF_ADA}/../../x",
        f"{TENSORBOARDS}/{OF_ADA}/%2e%2e/x",
        f"{TENSORBOARDS}/{OF_ADA}.{'s' * 43}/",
        f"{TENSORBOARDS}/{signed({'namespace': 'ada/../bob'})}/",
        f"{TENSORBOARDS}/{signed({'namespace': ['ada']})}/",
        f"{TENSORBOARDS}/{signed({'viewerName': VIEWER})}/",
        f"{TENSORBOARDS}/{signed('ada')}/",
        f"{TENSORBOARDS}/bm9uZQ.{'s' * 43}/",
    ],
)
def test_whatever_is_spelled_otherwise_is_refused_whoever_asks(target: str):
    with pytest.raises(page_access.Refused):
        page_access.asked("GET", target, SETTINGS)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_artefacts_and_pods_are_only_read(method: str):
    for target in (artefact(), "/pipeline/k8s/pod?podname=p&podnamespace=ada"):
        with pytest.raises(page_access.Refused):
            page_access.asked(method, target, SETTINGS)


def test_a_link_that_does_not_tell_whose_it_is_is_refused():
    with pytest.raises(page_access.Refused, match="namespace"):
        page_access.asked("GET", "/pipeline/artifacts/minio/mlpipeline/shared/a", SETTINGS)


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ("minio://b/private-artifacts/{namespace}/v2/artifacts", "private-artifacts/{namespace}/v2/artifacts/"),
        ("s3://b/shared/", "shared/"),
        ("minio://other/shared", None),
        ("gs://b/shared", None),
        ("minio://b", None),
    ],
)
def test_what_belongs_to_a_namespace_follows_from_where_it_is_put(root: str, found: str | None):
    argo = "private-artifacts/{namespace}/"
    known = authorizer.prefixes("b", root, "private-artifacts/{{workflow.namespace}}/{{pod.name}}")
    assert known == [argo, *([found] if found else [])]
