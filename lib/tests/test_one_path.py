"""Every event runs the same reconciliation, and one without a change does nothing."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms import Blocked, Charm
from kubeflow_charms.parts import Manifests, Part, Program, TcpCheck, Workload
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

PROGRAMS = (Program("app", role="role.yaml"),)
ROLE = "cluster:\n  - {apiGroups: [''], resources: [nodes], verbs: [get]}\n"


def plan(charm: Any) -> Iterator[Part]:
    yield Manifests("settings", "settings.yaml.j2", {"value": charm.config["value"]})
    yield Workload(container="app", command="run", checks={"up": TcpCheck(8080)})


def example(deploy: Deploy) -> Deployment:
    options = {"value": {"type": "string", "default": "1"}}
    return deploy(plan, programs=PROGRAMS, sources={"role.yaml": ROLE}, config={"options": options})


def with_value(state: testing.State, value: str) -> testing.State:
    return dataclasses.replace(state, config={"value": value})


def value_of(deployment: Deployment) -> Any:
    return deployment.cluster.find("ConfigMap", "settings")["data"]["value"]


def test_a_charm_is_active_once_all_parts_of_its_plan_are_there(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    assert state.unit_status == ops.ActiveStatus()
    assert "ConfigMap settings" in deployment.cluster.kinds()


@pytest.mark.parametrize("event", ["config_changed", "update_status", "install", "secret_changed"])
def test_an_event_without_a_change_makes_no_kubernetes_call(deploy: Deploy, event: str) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    deployment.cluster.calls.clear()
    secret = testing.Secret({"key": "value"})
    on = deployment.context.on
    happened = on.secret_changed(secret) if event == "secret_changed" else getattr(on, event)()
    after = deployment.run(happened, dataclasses.replace(state, secrets={secret}))
    assert deployment.cluster.calls == []
    assert after.get_container("app").plan == state.get_container("app").plan


def test_an_event_without_a_change_does_not_even_connect(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    monkeypatch.setattr("kubeflow_charms.engine.cluster.connect", pytest.fail)
    deployment.run(deployment.context.on.update_status(), state)


def test_a_pod_that_lost_its_memory_makes_one_call_and_changes_nothing(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    (deployment.charm_folder / ".applied").unlink()
    deployment.cluster.calls.clear()
    deployment.run(deployment.context.on.config_changed(), state)
    assert deployment.cluster.calls == ["GET /apis/apps/v1/namespaces/edge/statefulsets/example"]


def test_a_changed_value_reaches_the_cluster(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    deployment.run(deployment.context.on.config_changed(), with_value(state, "2"))
    assert value_of(deployment) == "2"


def test_a_new_leader_does_not_trust_what_it_remembers_of_its_earlier_time(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    remembered = (deployment.charm_folder / ".applied").read_text()
    deployment.run(deployment.context.on.config_changed(), with_value(state, "other leader's"))
    (deployment.charm_folder / ".applied").write_text(remembered)
    deployment.run(deployment.context.on.leader_elected(), state)
    assert value_of(deployment) == "1"


def test_a_refresh_mends_what_others_changed(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    path = "/api/v1/namespaces/edge/configmaps/settings"
    deployment.cluster.edit(path, lambda item: item["data"].update(value="spoilt"))
    deployment.run(deployment.context.on.upgrade_charm(), state)
    assert value_of(deployment) == "1"


def test_a_change_that_failed_halfway_and_was_taken_back_leaves_nothing_of_it(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    patched: list[str] = []

    def fail_after_the_config_map(request: httpx2.Request) -> int | None:
        patched.append(request.url.path)
        return 503 if "statefulsets" in request.url.path and "/configmaps/settings" in "".join(patched) else None

    deployment.cluster.refuse = fail_after_the_config_map
    broken = deployment.run(deployment.context.on.config_changed(), with_value(state, "2"))
    assert isinstance(broken.unit_status, ops.WaitingStatus)
    assert value_of(deployment) == "2"
    deployment.cluster.refuse = lambda request: None
    deployment.run(deployment.context.on.config_changed(), with_value(broken, "1"))
    assert value_of(deployment) == "1"


def test_only_the_parts_that_changed_are_applied(deploy: Deploy) -> None:
    deployment = example(deploy)
    state = deployment.settle(deployment.state())
    deployment.cluster.calls.clear()
    deployment.run(deployment.context.on.config_changed(), with_value(state, "2"))
    applied = [call.rpartition("/")[2] for call in deployment.cluster.calls if call.startswith("PATCH")]
    assert applied == ["example", "settings", "example", "example"]


def test_a_pod_killed_between_two_applies_is_followed_by_one_that_finishes(deploy: Deploy) -> None:
    deployment = example(deploy)

    def die(request: httpx2.Request) -> None:
        if request.method == "PATCH" and "configmaps" in request.url.path:
            raise RuntimeError("killed")

    deployment.cluster.refuse = die
    with pytest.raises(testing.errors.UncaughtCharmError):
        deployment.run(deployment.context.on.config_changed(), deployment.state())
    deployment.cluster.refuse = lambda request: None
    state = deployment.settle(deployment.state())
    assert state.unit_status == ops.ActiveStatus()
    assert value_of(deployment) == "1"


def test_a_missing_stateful_set_is_waited_for(deploy: Deploy) -> None:
    deployment = example(deploy)
    stateful_set = deployment.cluster.objects.pop("/apis/apps/v1/namespaces/edge/statefulsets/example")
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert "waiting for Kubernetes to have the application's StatefulSet" in state.unit_status.message
    assert deployment.cluster.kinds() == ["Namespace edge"]
    deployment.cluster.add("/apis/apps/v1/namespaces/edge/statefulsets/example", stateful_set)
    assert deployment.settle(state).unit_status == ops.ActiveStatus()


def test_an_action_changes_neither_the_status_nor_the_cluster(deploy: Deploy) -> None:
    deployment = deploy(
        plan, programs=PROGRAMS, sources={"role.yaml": ROLE}, actions={"look": {}}, config={"options": {}}
    )
    before = deployment.state(unit_status=ops.ActiveStatus("as it was"))
    state = deployment.run(deployment.context.on.action("look"), before)
    assert state.unit_status == ops.ActiveStatus("as it was")
    assert deployment.cluster.calls == []


def test_a_problem_in_the_middle_of_the_plan_keeps_what_came_before_it(deploy: Deploy) -> None:
    def broken(charm: Charm) -> Iterator[Part]:
        yield Manifests("settings", "settings.yaml.j2")
        raise Blocked("set the option value")

    deployment = deploy(broken)
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert "ConfigMap settings" in deployment.cluster.kinds()
    assert state.unit_status == ops.BlockedStatus("set the option value")
