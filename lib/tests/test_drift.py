"""What others do to the application's objects is found and put back without anybody's help."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Crds, Manifests, Part, Program, Workload
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy, Limits
from support.field_managers import leaves

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {value: {{ value | tojson }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: far, namespace: elsewhere}
data: {value: "1"}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: wide}
value: 1
"""
CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"
ROLE = "cluster:\n  - {apiGroups: [''], resources: [nodes], verbs: [get]}\n"
SETTINGS = "/api/v1/namespaces/edge/configmaps/settings"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"
STATEFUL_SET = "/apis/apps/v1/namespaces/edge/statefulsets/example"
APPLIED = {
    SETTINGS: "ConfigMap settings",
    "/api/v1/namespaces/elsewhere/configmaps/far": "ConfigMap far",
    "/apis/scheduling.k8s.io/v1/priorityclasses/wide": "PriorityClass wide",
    f"{ROLES}/edge-example-app": "ClusterRole edge-example-app",
    "/api/v1/namespaces/edge/serviceaccounts/example-app": "ServiceAccount example-app",
    CRD: "CustomResourceDefinition things.example.com",
}
LISTS = {
    "GET /api/v1/configmaps",
    "GET /api/v1/namespaces/edge/serviceaccounts",
    "GET /apis/scheduling.k8s.io/v1/priorityclasses",
    f"GET {ROLES}",
    "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}


def plan(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1")
    yield Manifests("settings", "objects.yaml", {"value": charm.config["value"]})
    yield Workload(container="app", command="run")


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    options = {"value": {"type": "string", "default": "1"}, "memory": {"type": "string", "default": "64Mi"}}
    sources = {"objects.yaml": MANIFESTS, "crds.yaml": CRDS, "role.yaml": ROLE}
    programs = (Program("app", role="role.yaml"),)
    attributes = {"options_type": Limits}
    return deploy(plan, programs=programs, attributes=attributes, sources=sources, config={"options": options})


def settled(deployment: Deployment) -> testing.State:
    """Return the state after the hook that looks."""
    state = deployment.settle(deployment.state())
    return pass_quarter(deployment, state)


def pass_quarter(deployment: Deployment, state: testing.State) -> testing.State:
    """Let update-status come for fifteen minutes."""
    for _ in range(3):
        state = deployment.run(deployment.context.on.update_status(), state)
    return state


def told(deployment: Deployment) -> list[str]:
    """Return the charm's warnings; the testing framework has some of its own, of containers' files."""
    found = [entry.message for entry in deployment.context.juju_log if entry.level == "WARNING"]
    return [message for message in found if not message.startswith("Container ")]


def spoil(item: dict[str, Any]) -> None:
    """Change each field that is no name."""
    for key in item.keys() & {"data", "value", "rules", "automountServiceAccountToken", "spec"}:
        item[key] = {"spoilt": "secret-value"} if isinstance(item[key], dict) else "secret-value"


def take_away(item: dict[str, Any]) -> None:
    for key in item.keys() & {"data", "value", "rules", "automountServiceAccountToken", "spec"}:
        del item[key]


def test_an_anchor_that_is_edited_is_put_back(example: Deployment) -> None:
    state = settled(example)
    path = f"{ROLES}/edge-example-anchor"
    before = example.cluster.objects[path]
    for change in ({"rules": [{"verbs": ["*"]}]}, {"metadata": {**before["metadata"], "labels": {}}}):
        example.cluster.edit(path, lambda item, change=change: item.update(change))
        state = pass_quarter(example, state)
        assert leaves(example.cluster.objects[path]) == leaves(before)
        assert state.unit_status == ops.ActiveStatus()
    assert "ClusterRole edge-example-anchor was changed by kubectl-edit; it is put back" in told(example)


@pytest.mark.parametrize("path", APPLIED)
def test_what_is_deleted_is_there_again_within_fifteen_minutes(example: Deployment, path: str) -> None:
    state = settled(example)
    before = example.cluster.objects.pop(path)
    example.context.juju_log.clear()
    state = pass_quarter(example, state)
    after = example.cluster.objects[path]
    assert {**after, "metadata": None} == {**before, "metadata": None}
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert state.unit_status == ops.ActiveStatus()
    assert told(example) == [f"{APPLIED[path]} was deleted; it is made again"]


# Kubernetes keeps no record of who only took fields away.
@pytest.mark.parametrize(("change", "who"), [(spoil, "kubectl-edit"), (take_away, "somebody")])
@pytest.mark.parametrize("path", APPLIED)
def test_what_is_edited_is_as_before_within_fifteen_minutes(
    example: Deployment, path: str, change: Callable[[dict[str, Any]], None], who: str
) -> None:
    state = settled(example)
    before = example.cluster.objects[path]
    example.cluster.edit(path, change)
    assert example.cluster.objects[path] != before
    example.context.juju_log.clear()
    state = pass_quarter(example, state)
    after = example.cluster.objects[path]
    restored, wanted = ({**item, "metadata": item["metadata"]["labels"]} for item in (after, before))
    assert leaves(wanted).items() <= leaves(restored).items()
    assert state.unit_status == ops.ActiveStatus()
    assert told(example) == [f"{APPLIED[path]} was changed by {who}; it is put back"]


@pytest.mark.parametrize("event", ["start", "leader_elected", "upgrade_charm"])
def test_it_is_put_back_at_once_where_the_charm_begins_anew(example: Deployment, event: str) -> None:
    state = settled(example)
    example.cluster.edit(SETTINGS, spoil)
    del example.cluster.objects[CRD]
    example.run(getattr(example.context.on, event)(), state)
    assert example.cluster.find("ConfigMap", "settings")["data"]["value"] == "1"
    assert CRD in example.cluster.objects


def test_what_was_put_back_is_said_once(example: Deployment) -> None:
    state = settled(example)
    example.cluster.edit(SETTINGS, spoil)
    example.context.juju_log.clear()
    pass_quarter(example, pass_quarter(example, pass_quarter(example, state)))
    assert len(told(example)) == 1
    assert "secret-value" not in "".join(entry.message for entry in example.context.juju_log)


@pytest.mark.parametrize("labels", [{}, {"kubeflow-charms/charm": "spoilt", "kubeflow-charms/app": "spoilt"}])
def test_labels_that_are_taken_away_or_changed_are_put_back(example: Deployment, labels: dict[str, str]) -> None:
    state = settled(example)
    for path in (SETTINGS, CRD):
        example.cluster.edit(path, lambda item: item["metadata"].update(labels=labels))
    state = pass_quarter(example, state)
    for path in (SETTINGS, CRD):
        assert example.cluster.objects[path]["metadata"]["labels"]["kubeflow-charms/charm"] == "example"
    assert state.unit_status == ops.ActiveStatus()


def test_an_edit_is_put_back_when_the_part_changes_too(example: Deployment) -> None:
    state = settled(example)
    example.cluster.edit(SETTINGS, spoil)
    example.context.juju_log.clear()
    state = example.run(example.context.on.config_changed(), dataclasses.replace(state, config={"value": "2"}))
    assert example.cluster.find("ConfigMap", "settings")["data"]["value"] == "2"
    assert state.unit_status == ops.ActiveStatus()
    example.cluster.edit(SETTINGS, lambda item: item["data"].update(value="3"))
    example.context.juju_log.clear()
    state = example.run(example.context.on.config_changed(), dataclasses.replace(state, config={"value": "4"}))
    assert example.cluster.find("ConfigMap", "settings")["data"]["value"] == "4"
    assert told(example) == ["ConfigMap settings was changed by kubectl-edit; it is put back"]


def test_what_others_add_stays(example: Deployment) -> None:
    state = settled(example)
    example.cluster.edit(SETTINGS, lambda item: item["data"].update(theirs="yes"))
    example.cluster.calls.clear()
    pass_quarter(example, state)
    assert example.cluster.find("ConfigMap", "settings")["data"] == {"value": "1", "theirs": "yes"}
    assert example.cluster.changes == []


def test_what_another_made_in_place_of_what_was_deleted_is_left_to_it(example: Deployment) -> None:
    state = settled(example)
    del example.cluster.objects[SETTINGS]
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"value": "theirs"}}
    example.cluster.add(SETTINGS, theirs, manager="helm")
    state = pass_quarter(example, state)
    assert state.unit_status == ops.BlockedStatus("ConfigMap settings belongs to helm; remove it first")
    assert example.cluster.objects[SETTINGS]["data"] == {"value": "theirs"}


def test_a_definition_that_another_model_refreshed_is_left_at_its_newer_version(example: Deployment) -> None:
    state = settled(example)

    def refresh(item: dict[str, Any]) -> None:
        item["metadata"]["labels"]["kubeflow-charms/version"] = "2"
        item["spec"]["scope"] = "Cluster"

    example.cluster.edit(CRD, refresh, manager="example.crds")
    state = pass_quarter(example, state)
    assert example.cluster.objects[CRD]["spec"]["scope"] == "Cluster"
    assert state.unit_status == ops.ActiveStatus()


def test_all_that_the_anchor_owns_is_owned_by_the_next_one_when_it_is_deleted(example: Deployment) -> None:
    state = settled(example)
    del example.cluster.objects[f"{ROLES}/edge-example-anchor"]
    pass_quarter(example, state)
    anchor = example.cluster.find("ClusterRole", "edge-example-anchor")["metadata"]["uid"]
    for kind, name in (("ConfigMap", "far"), ("PriorityClass", "wide"), ("ClusterRole", "edge-example-app")):
        assert [owner["uid"] for owner in example.cluster.find(kind, name)["metadata"]["ownerReferences"]] == [anchor]


def test_the_pod_that_somebody_changed_is_put_back(example: Deployment) -> None:
    state = settled(example)
    before = example.stateful_set["spec"]["template"]
    example.cluster.edit(STATEFUL_SET, lambda item: item["spec"]["template"]["spec"].update(containers=[]))
    state = pass_quarter(example, state)
    assert example.stateful_set["spec"]["template"] == before
    assert state.unit_status == ops.ActiveStatus()
    assert "StatefulSet example was changed; the pod that it describes is put back" in told(example)


def test_what_juju_has_changed_of_the_pod_is_not_taken_from_it(example: Deployment) -> None:
    state = settled(example)
    example.cluster.edit(STATEFUL_SET, lambda item: item["spec"]["template"]["spec"].update(containers=[]), "juju")
    state = pass_quarter(example, state)
    assert example.stateful_set["spec"]["template"]["spec"]["containers"] == []
    assert "StatefulSet example belongs to someone else" in state.unit_status.message


def test_every_second_idle_hook_lists_each_kind_once_and_the_others_make_no_call(example: Deployment) -> None:
    state = settled(example)
    looks = 0
    for _ in range(6):
        example.cluster.calls.clear()
        state = example.run(example.context.on.update_status(), state)
        calls = Counter(example.cluster.calls)
        looks += bool(calls)
        assert calls in (Counter(), Counter([*LISTS, f"GET {STATEFUL_SET}"]))
    assert looks == 3


def test_hooks_between_two_looks_make_no_call(example: Deployment) -> None:
    state = settled(example)
    example.run(example.context.on.start(), state)
    example.cluster.calls.clear()
    for event in ("config_changed", "update_status", "config_changed"):
        state = example.run(getattr(example.context.on, event)(), state)
    assert example.cluster.calls == []


def test_a_unit_that_does_not_lead_does_not_look(example: Deployment) -> None:
    state = dataclasses.replace(settled(example), leader=False)
    example.cluster.calls.clear()
    pass_quarter(example, example.run(example.context.on.start(), state))
    assert example.cluster.calls == []


def test_a_look_that_failed_is_made_up_for_by_the_next_hook(example: Deployment) -> None:
    state = settled(example)
    example.cluster.edit(SETTINGS, spoil)
    example.cluster.refuse = lambda request: 503 if request.url.path == "/api/v1/configmaps" else None
    state = example.run(example.context.on.start(), state)
    assert isinstance(state.unit_status, ops.WaitingStatus)
    example.cluster.refuse = lambda request: None
    state = example.run(example.context.on.config_changed(), state)
    assert example.cluster.find("ConfigMap", "settings")["data"]["value"] == "1"
    assert state.unit_status == ops.ActiveStatus()


def test_objects_of_a_revision_that_kept_no_marks_are_applied_once_without_a_word(example: Deployment) -> None:
    state = settled(example)
    del example.stateful_set["metadata"]["annotations"]["kubeflow-charms/marks"]
    example.context.juju_log.clear()
    state = example.run(example.context.on.upgrade_charm(), state)
    assert told(example) == []
    example.cluster.calls.clear()
    pass_quarter(example, state)
    assert example.cluster.changes == []
