import dataclasses
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


def test_a_service_that_was_deleted_is_found_at_its_next_address(pipelines):
    state = pipelines.settle()
    del pipelines.cluster.objects["/api/v1/namespaces/edge/services/ml-pipeline"]
    pipelines.cluster.react = lambda item: (
        item["kind"] == "Service" and item["spec"].setdefault("clusterIP", "10.0.0.9")
    )
    for _ in range(3):
        state = pipelines.again(state)
    assert patch(pipelines)["hostAliases"][0]["ip"] == "10.0.0.9"


def test_a_unit_that_does_not_lead_finds_it_as_well(pipelines):
    state = dataclasses.replace(pipelines.settle(), leader=False)
    pipelines.cluster.find("Service", "ml-pipeline")["spec"]["clusterIP"] = "10.0.0.9"
    for _ in range(3):
        state = pipelines.again(state)
    assert patch(pipelines)["hostAliases"][0]["ip"] == "10.0.0.9"


def test_most_hooks_do_not_ask_for_it(pipelines):
    state = pipelines.again(pipelines.again(pipelines.settle()))
    pipelines.cluster.calls.clear()
    for _ in range(2):
        state = pipelines.again(state)
    assert len([call for call in pipelines.cluster.calls if call.endswith("/services/ml-pipeline")]) == 1


def test_a_service_without_an_address_is_waited_for(pipelines):
    pipelines.cluster.react = lambda item: None
    expected = "waiting for Kubernetes to give the Service ml-pipeline an address"
    state = pipelines.settle()
    assert state.unit_status == testing.WaitingStatus(expected)
    assert pipelines.service(state, "ui")
