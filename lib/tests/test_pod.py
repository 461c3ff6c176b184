"""Replacing the pod: the leader's own first, with time to end."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.engine.stateful_set import GRACE
from kubeflow_charms.parts import Manifests, Part, Program, Workload
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy, Limits

POD = "/api/v1/namespaces/edge/pods/example-0"


def plan(charm: Any) -> Iterator[Part]:
    yield Manifests("settings", "settings.yaml.j2", {"value": charm.config["value"]})
    yield Workload(container="app", command="run")


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    options = {name: {"type": "string", "default": "1"} for name in ("memory", "value")}
    peers = {"peers": {"interface": "any", "optional": True}}
    attributes = {"options_type": Limits}
    programs = (Program("app"),)
    return deploy(plan, programs=programs, attributes=attributes, config={"options": options}, requires=peers)


def lead(deployment: Deployment) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), deployment.state())


def test_the_leader_gives_its_own_pod_more_time_to_end_than_kubernetes_would(example: Deployment) -> None:
    deleted: list[Any] = []

    def note(request: httpx2.Request) -> None:
        if request.method == "DELETE":
            deleted.append((request.url.path, request.content, dict(request.url.params)))

    example.cluster.refuse = note
    lead(example)
    [(path, content, parameters)] = deleted
    assert path == POD
    assert str(GRACE) in content.decode() + str(parameters)


def test_the_change_is_rehearsed_before_the_pod_is_deleted_and_made_after_it(example: Deployment) -> None:
    seen: list[str] = []

    def note(request: httpx2.Request) -> None:
        if request.method == "DELETE":
            seen.append("deleted")
        elif request.url.params.get("fieldManager") == "example.pod":
            seen.append("rehearsed" if request.url.params.get("dryRun") == "All" else "changed")

    example.cluster.refuse = note
    lead(example)
    assert seen == ["rehearsed", "deleted", "changed"]


def test_the_next_pod_takes_up_what_the_last_one_left(example: Deployment) -> None:
    state = lead(example)
    state = dataclasses.replace(state, config={"value": "2"})
    state = example.run(example.context.on.config_changed(), state)
    example.roll()
    for event in (example.context.on.upgrade_charm(), example.context.on.config_changed(), example.context.on.start()):
        state = example.run(event, state)
    assert state.unit_status == ops.ActiveStatus()
    assert example.cluster.find("ConfigMap", "settings")["data"] == {"value": "2"}


def test_a_pod_that_ends_is_deleted_once(example: Deployment) -> None:
    state = example.settle(example.state())
    for event in (example.context.on.upgrade_charm(), example.context.on.update_status()):
        state = example.run(event, state)
    assert example.cluster.calls.count(f"DELETE {POD}") == 1


def test_a_pod_is_not_deleted_for_a_template_that_kubernetes_refuses(example: Deployment) -> None:
    def refuse(request: httpx2.Request) -> Any:
        return (422, "limits: invalid") if "example.pod" in str(request.url) else None

    example.cluster.refuse = refuse
    state = lead(example)
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert "Kubernetes refuses StatefulSet example: limits: invalid" in state.unit_status.message
    assert f"DELETE {POD}" not in example.cluster.calls
    example.cluster.refuse = lambda request: None
    assert example.settle(state).unit_status == ops.ActiveStatus()


def test_a_unit_that_does_not_lead_leaves_its_pod_to_kubernetes(example: Deployment) -> None:
    example.run(example.context.on.config_changed(), example.state(leader=False))
    assert example.cluster.calls == []


def test_the_last_unit_takes_its_objects_with_it_even_while_its_pod_ends(example: Deployment) -> None:
    state = lead(example)
    example.run(example.context.on.stop(), dataclasses.replace(state, planned_units=0))
    assert "ConfigMap settings" not in example.cluster.kinds()


def test_a_pod_that_could_not_be_deleted_is_tried_again_by_the_next_hook(example: Deployment) -> None:
    example.cluster.refuse = lambda request: 503 if request.method == "DELETE" else None
    state = lead(example)
    assert isinstance(state.unit_status, ops.WaitingStatus)
    example.cluster.refuse = lambda request: None
    assert example.settle(state).unit_status == ops.ActiveStatus()


def test_hooks_before_leader_elected_leave_the_cluster_alone(example: Deployment) -> None:
    state = example.run(example.context.on.install(), example.state())
    assert example.cluster.calls == []
    relation = testing.Relation("peers")
    state = dataclasses.replace(state, relations={relation})
    state = example.run(example.context.on.relation_created(relation), state)
    assert example.cluster.calls == []
    assert state.unit_status == ops.WaitingStatus("waiting for the next hook to change the cluster")


def test_a_pod_is_replaced_once_juju_has_run_start_in_it_and_not_before(example: Deployment) -> None:
    (example.charm_folder / ".started").unlink()
    state = example.state()
    for event in (example.context.on.leader_elected(), example.context.on.config_changed()):
        state = example.run(event, state)
        assert example.cluster.calls == []
        assert state.unit_status == ops.WaitingStatus("waiting for Juju to start the unit")
    state = example.run(example.context.on.start(), state)
    assert example.cluster.calls.count(f"DELETE {POD}") == 1


def test_a_pod_that_is_as_it_should_be_works_before_juju_has_run_start_in_it(example: Deployment) -> None:
    state = lead(example)
    example.roll()
    (example.charm_folder / ".started").unlink()
    assert example.run(example.context.on.config_changed(), state).unit_status == ops.ActiveStatus()


def test_an_option_replaces_the_pod_at_once_in_which_juju_ran_start_when_all_was_well(example: Deployment) -> None:
    state = lead(example)
    example.roll()
    (example.charm_folder / ".started").unlink()
    state = example.run(example.context.on.start(), state)
    example.cluster.calls.clear()
    example.run(example.context.on.config_changed(), dataclasses.replace(state, config={"memory": "2"}))
    assert example.cluster.calls.count(f"DELETE {POD}") == 1


def test_a_new_pod_looks_for_what_others_did_once_as_it_starts(example: Deployment) -> None:
    state = example.settle(example.state())
    example.become({})
    example.roll()
    (example.charm_folder / ".started").unlink()
    looked: list[list[str]] = []
    for event in (example.context.on.upgrade_charm(), example.context.on.config_changed(), example.context.on.start()):
        example.cluster.calls.clear()
        state = example.run(event, state)
        looked.append(
            [call for call in example.cluster.calls if call.startswith("GET") and call.endswith("/configmaps")]
        )
    assert list(map(len, looked)) == [0, 0, 1]


def test_a_refresh_that_replaces_the_pod_mends_what_others_did_although_it_waits_for_start(example: Deployment) -> None:
    state = example.settle(example.state())
    del example.cluster.objects["/api/v1/namespaces/edge/configmaps/settings"]
    (example.charm_folder / ".started").unlink()
    state = dataclasses.replace(state, config={"memory": "2"})
    state = example.run(example.context.on.upgrade_charm(), state)
    state = example.run(example.context.on.start(), state)
    assert example.cluster.find("ConfigMap", "settings")["data"] == {"value": "1"}


def test_a_new_relation_that_changes_nothing_is_nothing_to_wait_for(example: Deployment) -> None:
    relation = testing.Relation("peers")
    state = dataclasses.replace(example.settle(example.state()), relations={relation})
    assert example.run(example.context.on.relation_created(relation), state).unit_status == ops.ActiveStatus()
