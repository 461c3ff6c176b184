import json
from typing import Any

from ops import testing

CONFIGURATION = "/etc/kubeflow-pipelines/config.json"


def patch(pipelines: Any) -> Any:
    text = json.loads(pipelines.file("api-server", CONFIGURATION))["COMPILED_PIPELINE_SPEC_PATCH"]
    return json.loads(text)


def test_launchers_find_the_api_in_a_model_of_any_name(pipelines):
    pipelines.settle()
    assert patch(pipelines) == {"hostAliases": [{"ip": "10.152.183.7", "hostnames": ["ml-pipeline.kubeflow"]}]}


def test_in_the_model_that_they_know_they_find_it_by_themselves(pipelines, monkeypatch):
    monkeypatch.setattr("launcher_address.NAME", "ml-pipeline.edge")
    pipelines.settle()
    assert patch(pipelines) == {}


def test_a_service_that_is_newer_than_the_pod_is_looked_up(pipelines, monkeypatch):
    monkeypatch.delenv("ML_PIPELINE_SERVICE_HOST")
    state = pipelines.settle()
    pipelines.cluster.find("Service", "ml-pipeline")["spec"]["clusterIP"] = "10.0.0.9"
    pipelines.again(state)
    assert patch(pipelines)["hostAliases"][0]["ip"] == "10.0.0.9"


def test_a_service_without_an_address_is_waited_for(pipelines, monkeypatch):
    monkeypatch.delenv("ML_PIPELINE_SERVICE_HOST")
    expected = "waiting for Kubernetes to give the Service ml-pipeline an address"
    state = pipelines.settle()
    assert state.unit_status == testing.WaitingStatus(expected)
    assert pipelines.service(state, "ui")
