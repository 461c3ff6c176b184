import pytest
import yaml
from ops import testing

SPEC = {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
FAILED = {
    "conditions": [
        {"type": "PredictorReady", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "no replica"},
        {"type": "Ready", "status": "False"},
    ],
    "modelStatus": {"lastFailureInfo": {"reason": "ModelLoadFailed", "message": "Traceback\n  at\nno such bucket\n"}},
}


def listed(serving, **parameters: str) -> list[dict]:
    return yaml.safe_load(serving.act("list-models", None, **parameters)["models"])


def test_a_model_is_shown_with_its_path(serving):
    serving.there("InferenceService", "iris", spec=SPEC, status=READY)
    assert listed(serving) == [
        {
            "namespace": "ada",
            "name": "iris",
            "format": "sklearn",
            "ready": True,
            "reason": "",
            "path": "/serving/ada/iris/",
        }
    ]


def test_one_that_does_not_load_is_shown_with_the_reason(serving):
    serving.there("InferenceService", "iris", spec=SPEC, status=FAILED)
    (row,) = listed(serving)
    assert row["ready"] is False
    assert row["reason"] == "ModelLoadFailed: no such bucket: MinimumReplicasUnavailable: no replica"


def test_what_its_pod_said_last_is_known_before_kserve_looks(serving):
    ended = {"exitCode": 1, "message": "Traceback\n  at\nRuntimeError: No model found in nowhere.\n"}
    containers = [{"name": "istio-proxy", "state": {"running": {}}}]
    containers.append({"name": "storage-initializer", "state": {"waiting": {}}, "lastState": {"terminated": ended}})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ada", "labels": {"serving.kserve.io/inferenceservice": "iris"}},
        "status": {"initContainerStatuses": containers},
    }
    serving.cluster.add("/api/v1/namespaces/ada/pods/p", pod)
    serving.there("InferenceService", "iris", spec=SPEC)
    assert listed(serving)[0]["reason"] == "storage-initializer: RuntimeError: No model found in nowhere."


def test_the_summary_says_how_many_answer(serving):
    serving.there("InferenceService", "iris", spec=SPEC, status=READY)
    serving.there("InferenceService", "wine", namespace="ben", spec=SPEC)
    assert serving.act("list-models")["summary"] == "2 models in 2 namespaces, 1 ready"


def test_without_models_it_says_so(serving):
    assert serving.act("list-models") == {"summary": "no models", "models": "[]\n"}


def test_one_namespace_may_be_asked_for(serving):
    serving.there("InferenceService", "iris", spec=SPEC)
    assert listed(serving, namespace="ben") == []


def test_without_trust_it_says_what_to_type(serving):
    serving.cluster.refuse = lambda request: (403, 'User "x" cannot list resource "inferenceservices"')
    with pytest.raises(testing.ActionFailed, match="juju trust serving"):
        serving.act("list-models")
