"""Webhooks are registered once what serves them answers, and go first."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Manifests, Part, TcpCheck, Webhooks, Workload
from ops import pebble, testing
from support.deployment import Deployment, passing
from support.examples import Deploy

WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: {{ app }}-{{ model }}}
webhooks: [{name: {{ name }}.example.com}]
"""
THING = "apiVersion: acme.example.com/v1\nkind: Thing\nmetadata: {name: first-by-name}\n"
OPTIONS = {"name": {"type": "string", "default": "one"}, "on": {"type": "boolean", "default": True}}
NAME = "ValidatingWebhookConfiguration example-edge"


def plan(charm: Any) -> Iterator[Part]:
    if charm.config["on"]:
        yield Webhooks("webhooks", "webhook.yaml.j2", container="app", context={"name": charm.config["name"]})
    yield Manifests("settings", "settings.yaml.j2")
    yield Manifests("thing", "thing.yaml")
    yield Workload(container="app", command="run", checks={"up": TcpCheck(8443)})


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    return deploy(plan, sources={"webhook.yaml.j2": WEBHOOK, "thing.yaml": THING}, config={"options": OPTIONS})


def reconcile(deployment: Deployment, state: testing.State) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), state)


def silent(state: testing.State) -> testing.State:
    container = state.get_container("app")
    infos = {dataclasses.replace(info, status=pebble.CheckStatus.DOWN, failures=3) for info in container.check_infos}
    return dataclasses.replace(state, containers={dataclasses.replace(container, check_infos=infos)})


def with_webhook(deployment: Deployment) -> testing.State:
    return reconcile(deployment, passing(reconcile(deployment, deployment.state())))


def test_no_webhook_is_registered_while_its_container_is_not_there(example: Deployment) -> None:
    reconcile(example, example.state(containers={testing.Container("app", can_connect=False)}))
    assert NAME not in example.cluster.kinds()
    assert "ConfigMap settings" in example.cluster.kinds()


def test_no_webhook_is_registered_while_its_workload_does_not_answer(example: Deployment) -> None:
    reconcile(example, silent(with_other_name(example)))
    assert NAME not in example.cluster.kinds()


def with_other_name(deployment: Deployment) -> testing.State:
    """Return the state of a workload that runs, in a cluster that has lost everything of it."""
    state = with_webhook(deployment)
    for path, item in list(deployment.cluster.objects.items()):
        if item["kind"] not in ("StatefulSet", "Namespace"):
            del deployment.cluster.objects[path]
    deployment.stateful_set["metadata"].pop("annotations")
    (deployment.charm_folder / ".applied").unlink()
    return state


def test_a_webhook_is_registered_in_the_hook_in_which_its_workload_starts_to_answer(example: Deployment) -> None:
    with_webhook(example)
    assert NAME in example.cluster.kinds()


def test_a_webhook_stays_while_its_workload_is_silent_for_a_while(example: Deployment) -> None:
    state = reconcile(example, silent(with_webhook(example)))
    assert isinstance(state.unit_status, ops.WaitingStatus)
    assert NAME in example.cluster.kinds()


def test_a_workload_that_answers_again_costs_no_further_call(example: Deployment) -> None:
    state = with_webhook(example)
    reconcile(example, silent(state))
    example.cluster.calls.clear()
    reconcile(example, state)
    assert example.cluster.calls == []


def test_a_changed_webhook_is_changed_in_the_cluster(example: Deployment) -> None:
    state = with_webhook(example)
    reconcile(example, dataclasses.replace(state, config={"name": "two"}))
    found = example.cluster.find("ValidatingWebhookConfiguration", "example-edge")
    assert found["webhooks"] == [{"name": "two.example.com"}]


def test_a_webhook_that_the_plan_no_longer_has_is_deleted(example: Deployment) -> None:
    state = with_webhook(example)
    reconcile(example, dataclasses.replace(state, config={"on": False}))
    assert NAME not in example.cluster.kinds()


def test_webhooks_are_applied_after_all_else(example: Deployment) -> None:
    with_webhook(example)
    patched = [call for call in example.cluster.calls if call.startswith("PATCH") and "statefulsets" not in call]
    assert "validatingwebhookconfigurations" in patched[-1]


def test_webhooks_are_deleted_before_all_else(example: Deployment) -> None:
    state = with_webhook(example)
    example.cluster.calls.clear()
    example.run(example.context.on.stop(), dataclasses.replace(state, planned_units=0))
    deleted = [call for call in example.cluster.calls if call.startswith("DELETE")]
    assert "validatingwebhookconfigurations" in deleted[0]
    assert len(deleted) == 3
