"""Where the training operator may change anything: in profiles, and the one Secret of its own."""

import pathlib
from collections.abc import Iterator

import httpx2
import pytest
from support import objects, rights
from support.apiserver import ApiServer
from support.eventually import eventually
from support.objects import Deployed
from support.related import Described

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "training-operator"
DRY = {"dryRun": "All"}
PROFILE = {"metadata": {"name": "trains", "labels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}}


@pytest.fixture(scope="module")
def training(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    # Elsewhere a job is refused for where it is, and of two refusals Kubernetes tells one.
    collected.post("/api/v1/namespaces", json=PROFILE).raise_for_status()
    yield from objects.running(apiserver, collected, Described.load(ROOT), tmp_path_factory)


def test_its_certificate_authority_is_its_own_to_write_and_nothing_beside_it(training: Deployed):
    http, model = training.http, training.application.model
    operator = {"Impersonate-User": f"system:serviceaccount:{model}:training-operator-training-operator"}
    where = f"/api/v1/namespaces/{model}-training-operator-certificates"
    secret = f"{where}/secrets/training-operator-webhook-cert"

    def write() -> httpx2.Response:
        found = http.get(secret).raise_for_status().json()
        return http.put(secret, json={**found, "data": {"a": "YQ=="}}, params=DRY, headers=operator)

    assert eventually(lambda: write().is_success)
    with rights.everything(http, operator["Impersonate-User"]):
        body = {"metadata": {"name": "other"}}

        def refused(place: str, plural: str) -> bool:
            answer = http.post(f"{place}/{plural}", json=body, params=DRY, headers=operator)
            return "may change nothing here" in answer.text

        assert eventually(lambda: refused(where, "configmaps"))
        assert refused(f"/api/v1/namespaces/{model}", "secrets")
        assert write().is_success


@pytest.mark.parametrize(
    ("replicas", "made"), [({"Master": {}}, False), ({"worker": {}}, True), ({"Worker": {}, "Master": {}}, True)]
)
def test_no_elastic_job_is_made_at_which_the_operator_ends(training: Deployed, replicas: dict[str, object], made: bool):
    # Its own webhooks, which no program answers here, are asked after the policies.
    metadata = {"apiVersion": "kubeflow.org/v1", "kind": "PaddleJob", "metadata": {"name": "elastic"}}
    spec = {"elasticPolicy": {}, "paddleReplicaSpecs": replicas}

    def refused() -> bool:
        path = "/apis/kubeflow.org/v1/namespaces/trains/paddlejobs"
        answer = training.http.post(path, params=DRY, json={**metadata, "spec": spec})
        return "replica type Worker" in answer.text

    assert eventually(lambda: refused() != made)


@pytest.mark.parametrize(("number", "made"), [("2000000000", False), ("x1", False), ("9999", True)])
def test_no_pod_bears_a_number_for_which_the_operator_has_no_memory(training: Deployed, number: str, made: bool):
    metadata = {"name": "counted", "labels": {"training.kubeflow.org/replica-index": number}}
    spec = {"containers": [{"name": "pytorch", "image": "pytorch"}], "automountServiceAccountToken": False}

    def refused() -> bool:
        path = "/api/v1/namespaces/trains/pods"
        answer = training.http.post(path, params=DRY, json={"metadata": metadata, "spec": spec})
        return "at most four digits" in answer.text

    assert eventually(lambda: refused() != made)
