"""Pods end, and come back by themselves."""

import pytest
from support.eventually import eventually
from support.kubeflow import ECHO, Kubeflow
from support.kubernetes import kubectl, look_up

APPLICATIONS = ("dex-auth", "oidc-gatekeeper", "istio-pilot", "istio-ingressgateway")


def ready(model: str, pod: str, not_this: str) -> bool:
    """Tell whether a pod is ready that is another than the one before."""
    found = look_up("pod", pod, "-n", model)
    conditions = {item["type"]: item["status"] for item in found["status"].get("conditions", [])}
    return found["metadata"]["uid"] != not_this and conditions.get("Ready") == "True"


@pytest.mark.parametrize("deleted", APPLICATIONS)
def test_a_pod_that_was_deleted_comes_back_and_sessions_go_on(kubeflow: Kubeflow, echo: str, deleted: str):
    model, pod = str(kubeflow.juju.model), f"{deleted}-0"
    with kubeflow.session() as browser:
        before = look_up("pod", pod, "-n", model)["metadata"]["uid"]
        kubectl("delete", "pod", "-n", model, "--wait=false", pod)
        eventually(lambda: ready(model, pod, before))
        eventually(lambda: kubeflow.says(deleted)[0] == "active")
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200)
        assert eventually(kubeflow.works)
