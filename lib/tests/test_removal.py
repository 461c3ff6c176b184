"""The application's objects go with its last unit, and not before."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.parts import Crds, Held, LeftBehind, Manifests, Part, Workload
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"


def plan(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1")
    yield Manifests("settings", "settings.yaml.j2")


def working(charm: Any) -> Iterator[Part]:
    yield Workload(container="app", command="run")


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    requires = {"database": {"interface": "mysql_client", "optional": True}}
    return deploy(plan, sources={"crds.yaml": CRDS}, requires=requires)


def event(deployment: Deployment, name: str, relation: testing.Relation) -> Any:
    on = deployment.context.on
    return on.relation_broken(relation) if name == "relation_broken" else getattr(on, name)()


def settled(deployment: Deployment, relation: testing.Relation) -> testing.State:
    return deployment.settle(deployment.state(relations={relation}))


EVENTS = pytest.mark.parametrize("name", ["stop", "remove", "relation_broken"])


@EVENTS
def test_the_last_unit_takes_all_objects_but_the_crds_and_the_anchor(example: Deployment, name: str) -> None:
    relation = testing.Relation("database")
    state = dataclasses.replace(settled(example, relation), planned_units=0)
    example.run(event(example, name, relation), state)
    assert example.cluster.kinds() == [
        "ClusterRole edge-example-anchor",
        "CustomResourceDefinition things.example.com",
        "Namespace edge",
        "StatefulSet example",
    ]


@EVENTS
@pytest.mark.parametrize("leader", [True, False])
def test_scaling_down_deletes_nothing(example: Deployment, name: str, leader: bool) -> None:
    relation = testing.Relation("database")
    state = dataclasses.replace(settled(example, relation), planned_units=1, leader=leader)
    example.run(event(example, name, relation), state)
    assert "ConfigMap settings" in example.cluster.kinds()


def test_what_is_gone_is_not_deleted_again(example: Deployment) -> None:
    relation = testing.Relation("database")
    state = dataclasses.replace(settled(example, relation), planned_units=0)
    example.run(example.context.on.relation_broken(relation), state)
    example.cluster.calls.clear()
    example.run(example.context.on.stop(), dataclasses.replace(state, relations=set()))
    assert example.cluster.calls == ["GET /apis/apps/v1/namespaces/edge/statefulsets/example"]


@pytest.mark.parametrize("name", ["config_changed", "update_status", "leader_elected", "upgrade_charm"])
def test_a_hook_after_the_removal_brings_nothing_back(example: Deployment, name: str) -> None:
    relation = testing.Relation("database")
    state = dataclasses.replace(settled(example, relation), planned_units=0)
    example.run(example.context.on.relation_broken(relation), state)
    before = example.cluster.kinds()
    example.run(getattr(example.context.on, name)(), dataclasses.replace(state, relations=set()))
    assert example.cluster.kinds() == before


def test_programs_stop_with_the_application_and_no_later_hook_starts_them(deploy: Deploy) -> None:
    deployment = deploy(working)
    state = dataclasses.replace(deployment.settle(deployment.state()), planned_units=0)
    state = deployment.run(deployment.context.on.stop(), state)
    container = state.get_container("app")
    assert not container.services["app"].is_running()
    state = deployment.run(deployment.context.on.pebble_ready(container), state)
    assert not state.get_container("app").services["app"].is_running()


def test_a_juju_that_cannot_say_whether_units_stay_is_asked_by_the_next_hook(
    example: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(application: ops.Application) -> int:
        raise ops.ModelError("ERROR getting relation status: cannot get status: relation not found")

    relation = testing.Relation("database")
    state = dataclasses.replace(settled(example, relation), planned_units=0)
    with monkeypatch.context() as patch:
        patch.setattr(ops.Application, "planned_units", refuse)
        example.run(example.context.on.relation_broken(relation), state)
    assert "ConfigMap settings" in example.cluster.kinds()
    example.run(example.context.on.stop(), dataclasses.replace(state, relations=set()))
    assert "ConfigMap settings" not in example.cluster.kinds()


def test_an_application_scaled_to_nothing_and_back_has_its_objects_again(example: Deployment) -> None:
    state = settled(example, testing.Relation("database"))
    example.run(example.context.on.stop(), dataclasses.replace(state, planned_units=0))
    state = example.run(example.context.on.config_changed(), state)
    assert "ConfigMap settings" in example.cluster.kinds()
    assert state.unit_status == ops.ActiveStatus()


@pytest.mark.parametrize("code", [403, 404, 503])
def test_a_kubernetes_that_refuses_does_not_keep_the_unit_from_going(example: Deployment, code: int) -> None:
    state = dataclasses.replace(settled(example, testing.Relation("database")), planned_units=0)
    example.cluster.refuse = lambda request: code
    example.run(example.context.on.stop(), state)


def test_what_could_not_be_deleted_is_tried_again(example: Deployment) -> None:
    state = dataclasses.replace(settled(example, testing.Relation("database")), planned_units=0)
    example.cluster.refuse = lambda request: 503 if request.method == "DELETE" else None
    example.run(example.context.on.stop(), state)
    assert "ConfigMap settings" in example.cluster.kinds()
    example.cluster.refuse = lambda request: None
    example.run(example.context.on.remove(), state)
    assert "ConfigMap settings" not in example.cluster.kinds()


def test_a_stateful_set_that_is_gone_already_is_not_made_anew(example: Deployment) -> None:
    state = dataclasses.replace(settled(example, testing.Relation("database")), planned_units=0)
    del example.cluster.objects["/apis/apps/v1/namespaces/edge/statefulsets/example"]
    example.run(example.context.on.remove(), state)
    assert "StatefulSet example" not in example.cluster.kinds()


def test_what_workloads_made_by_themselves_goes_with_the_last_unit_which_stops_them_first(
    deploy: Deploy,
) -> None:
    made = Reference("v1", "ConfigMap", "made", "other")
    deployment = deploy(working, attributes={"left_behind": lambda charm: iter([LeftBehind(lambda: [made])])})
    settled = deployment.settle(deployment.state())
    deployment.cluster.add(
        "/api/v1/namespaces/other/configmaps/made", {"kind": "ConfigMap", "metadata": {"name": "made"}}
    )
    deployment.run(deployment.context.on.stop(), settled)
    assert "ConfigMap made" in deployment.cluster.kinds()
    after = deployment.run(deployment.context.on.stop(), dataclasses.replace(settled, planned_units=0))
    assert "ConfigMap made" not in deployment.cluster.kinds()
    assert not after.get_container("app").services["app"].is_running()


HOOK = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: hook}\n"
HELD = "/apis/example.com/v1/namespaces/ada/things/first"
KINDS = ("Thing", "ClusterThing")
NOWHERE = "/apis/example.com/v1/clusterthings/second"


def operator(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1")
    yield Manifests("webhooks", "hook.yaml")
    yield Workload(container="app", command="run")


def removed(deploy: Deploy, *, purge: bool) -> Deployment:
    """Return an operator that is gone, and left two users' objects that it held, one of them in no namespace."""
    deployment = deploy(
        operator,
        attributes={"left_behind": lambda charm: iter([Held(tuple(("example.com/v1", kind) for kind in KINDS))])},
        sources={"crds.yaml": CRDS, "hook.yaml": HOOK},
        config={"options": {"purge": {"type": "boolean", "default": purge}}},
    )
    state = deployment.settle(deployment.state())
    metadata = {"name": "first", "namespace": "ada", "finalizers": ["example.com/hold"]}
    deployment.cluster.add(HELD, {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": metadata})
    metadata = {"name": "second", "finalizers": ["example.com/hold"]}
    deployment.cluster.add(NOWHERE, {"apiVersion": "example.com/v1", "kind": "ClusterThing", "metadata": metadata})
    deployment.cluster.calls.clear()
    deployment.run(deployment.context.on.stop(), dataclasses.replace(state, planned_units=0))
    return deployment


def test_users_objects_stay_and_are_let_go_once_no_webhook_can_refuse_it(deploy: Deploy) -> None:
    cluster = removed(deploy, purge=False).cluster
    for held in (HELD, NOWHERE):
        assert not cluster.objects[held]["metadata"].get("finalizers")
    webhook = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook"
    assert cluster.calls.index(f"DELETE {webhook}") < cluster.calls.index(f"PATCH {HELD}")


def test_with_purge_users_objects_are_deleted_before_the_webhooks_of_the_operator_that_holds_them(
    deploy: Deploy,
) -> None:
    deletions = [call for call in removed(deploy, purge=True).cluster.calls if call.startswith("DELETE ")]
    assert deletions[:2] == [f"DELETE {HELD}", f"DELETE {NOWHERE}"]
    assert len(deletions) == len(set(deletions))
