"""A program's container: an identity of its own, no root's rights, and no start with Juju's token."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Part, Program, SharedFolder, Token, Workload
from kubeflow_charms.sandbox.identity import FOLDER
from kubeflow_charms.sandbox.programs import Undeclared
from kubeflow_charms.sandbox.roles import identity
from ops import pebble, testing
from support.deployment import Deployment
from support.examples import Deploy, Limits

ROLE = """
cluster:
  - {apiGroups: [""], resources: [nodes], verbs: [get]}
namespace:
  - {apiGroups: [""], resources: [{{ resource }}], verbs: [list]}
"""
WAITING = ops.WaitingStatus("waiting for the pod to restart with its own identity")


NOTES = SharedFolder("notes", "/run/notes")
APP = Program(
    "app",
    role="role.yaml.j2",
    writable=("/etc/app", "/tmp"),
    shared=(NOTES,),
    tokens=(Token("/var/run/secrets/api/token", "pipelines"),),
    labels=lambda options: {"memory": options.memory},
    elects="{app}-leader",
)
PAGE = Program(
    "page",
    tokens=(Token("/var/run/secrets/tokens/istio-token", "istio-ca"),),
    shared=(NOTES,),
    limited=False,
)


def plan(charm: Any) -> Iterator[Part]:
    yield Workload(container="app", command="run", kill_delay=60)
    yield Workload(container="page", command="serve")


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    memory = {"memory": {"type": "string", "default": "256Mi"}}
    return deploy(
        plan,
        programs=(APP, PAGE),
        attributes={"options_type": Limits, "role_context": lambda charm: {"resource": "pods"}},
        sources={"role.yaml.j2": ROLE},
        containers={"app": {}, "page": {}},
        config={"options": memory},
    )


def install(deployment: Deployment) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), deployment.state())


def pod(deployment: Deployment) -> dict[str, Any]:
    return deployment.stateful_set["spec"]["template"]


def container(deployment: Deployment, name: str) -> dict[str, Any]:
    return next(item for item in pod(deployment)["spec"]["containers"] if item["name"] == name)


def mounts(deployment: Deployment, name: str) -> dict[str, Any]:
    """Return the source of each volume that a container mounts, by path."""
    volumes = {item["name"]: item for item in pod(deployment)["spec"]["volumes"]}
    return {
        mount["mountPath"]: {key: value for key, value in volumes[mount["name"]].items() if key != "name"}
        for mount in container(deployment, name)["volumeMounts"]
    }


def test_memory_takes_the_place_of_the_applications_token(example: Deployment) -> None:
    install(example)
    assert mounts(example, "app")[FOLDER] == {"emptyDir": {"medium": "Memory"}}


def test_a_workload_without_a_role_has_no_token_at_all(example: Deployment) -> None:
    install(example)
    assert mounts(example, "page")[FOLDER] == {"emptyDir": {}}
    assert "ServiceAccount example-page" not in example.cluster.kinds()


def test_the_charms_container_keeps_its_token(example: Deployment) -> None:
    install(example)
    assert FOLDER not in mounts(example, "charm")


def test_the_identity_has_the_rights_of_its_template_and_no_more(example: Deployment) -> None:
    install(example)
    find = example.cluster.find
    assert find("ClusterRole", "edge-example-app")["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    ]
    assert find("Role", "example-app")["rules"][0] == {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    for kind, name in (("ClusterRoleBinding", "edge-example-app"), ("RoleBinding", "example-app")):
        binding = find(kind, name)
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "example-app", "namespace": "edge"}]
        assert binding["roleRef"]["name"] == name
    assert find("ServiceAccount", "example-app")["automountServiceAccountToken"] is False


def test_roles_in_other_models_have_other_names() -> None:
    rules = {"cluster": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]}
    names = {item["metadata"]["name"] for item in identity("app", "one", rules) if item["kind"] == "ClusterRole"}
    assert names == {"one-app"}


def test_an_account_that_works_in_profiles_is_kept_to_them_and_to_what_its_role_says_of_its_own_namespace() -> None:
    leases = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]}]
    objects = identity("app", "one", {"only_in": "profiles", "namespace": leases})
    policy, binding = objects[-2:]
    assert (policy["kind"], binding["kind"]) == ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    assert policy["metadata"]["name"] == binding["spec"]["policyName"] == "one-app"
    assert policy["spec"]["matchConditions"][0]["expression"].endswith('"system:serviceaccount:one:app"')
    expression = policy["spec"]["validations"][0]["expression"]
    assert 'request.namespace == "one" && request.resource.resource in ["leases"]' in expression
    assert 'labels[?"app.kubernetes.io/part-of"].orValue(\'\') == "kubeflow-profile"' in expression


def test_it_may_change_what_is_named_of_its_own_and_another_namespace_and_its_kinds_are_made_in_profiles_alone() -> (
    None
):
    kinds = [{"apiGroups": ["example.com"], "resources": ["things"]}]
    named = [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"], "verbs": ["patch"]}]
    rules = {"only_in": "profiles", "and_in": {"keys": [{"resources": ["secrets"]}]}, "works_on": kinds}
    confined, _, made, binding = identity("app", "one", {**rules, "namespace": named})[-4:]
    expression = confined["spec"]["validations"][0]["expression"]
    assert 'request.namespace == "keys" && request.resource.resource in ["secrets"])' in expression
    assert 'request.resource.resource in ["configmaps"] && request.name in ["mine"]' in expression
    assert made["metadata"]["name"] == binding["spec"]["policyName"] == "one-app-works-on"
    (rule,) = made["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["apiGroups"], rule["resources"], rule["operations"]) == (["example.com"], ["things"], ["CREATE"])
    assert "matchConditions" not in made["spec"]


def test_in_no_namespace_such_an_account_changes_what_its_role_lists_and_asks_questions() -> None:
    objects = identity("app", "one", {"only_in": "profiles", "nowhere": ["claims"]})
    expression = objects[-2]["spec"]["validations"][0]["expression"]
    assert 'namespaceObject == null && request.resource.resource in ["claims"]' in expression
    assert 'request.resource.group in ["authentication.k8s.io", "authorization.k8s.io"]' in expression


@pytest.mark.parametrize("name", ["app", "page"])
def test_a_container_cannot_gain_rights(example: Deployment, name: str) -> None:
    install(example)
    assert container(example, name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_limits_folders_tokens_and_labels_are_as_asked(example: Deployment) -> None:
    install(example)
    assert container(example, "app")["resources"] == {"limits": {"memory": "256Mi"}}
    assert "resources" not in container(example, "page")
    found = mounts(example, "app")
    assert found["/etc/app"] == found["/tmp"] == {"emptyDir": {"medium": "Memory"}}
    assert pod(example)["metadata"]["labels"] == {"memory": "256Mi"}


def test_a_program_that_elects_its_own_leader_has_a_lease_which_it_may_hold_and_not_make(example: Deployment) -> None:
    install(example)
    assert example.cluster.find("Lease", "example-leader")
    [manager] = [
        entry["manager"] for entry in example.cluster.find("Lease", "example-leader")["metadata"]["managedFields"]
    ]
    assert manager == "example.lease"
    assert example.cluster.find("Role", "example-app")["rules"][1] == {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": ["example-leader"],
        "verbs": ["get", "update"],
    }


def test_programs_that_share_a_folder_mount_the_same_memory(example: Deployment) -> None:
    install(example)
    assert {"name": "notes", "emptyDir": {"medium": "Memory"}} in pod(example)["spec"]["volumes"]
    for name in ("app", "page"):
        assert {"name": "notes", "mountPath": "/run/notes"} in container(example, name)["volumeMounts"]


def test_a_program_is_given_its_time_to_end(example: Deployment) -> None:
    state = example.settle(example.state())
    assert state.get_container("app").plan.services["app"].to_dict().get("kill-delay") == "60s"


@pytest.mark.parametrize("programs", [(PAGE,), (APP, PAGE, Program("third")), (APP, PAGE, PAGE)])
def test_a_charm_is_refused_whose_containers_have_not_one_program_each(
    deploy: Deploy, programs: tuple[Program, ...]
) -> None:
    deployment = deploy(plan, programs=programs, containers={"app": {}, "page": {}})
    with pytest.raises(Exception, match="programs are declared for") as raised:
        install(deployment)
    assert isinstance(raised.value.__cause__, Undeclared)
    assert deployment.cluster.calls == []


def test_a_token_for_others_is_the_accounts_own_or_without_one_the_pods(example: Deployment) -> None:
    install(example)
    [source] = mounts(example, "page")["/var/run/secrets/tokens"]["projected"]["sources"]
    assert source["serviceAccountToken"] == {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}
    assert mounts(example, "app")["/var/run/secrets/api"] == {"emptyDir": {"medium": "Memory"}}


def test_no_workload_starts_in_a_pod_with_the_applications_token(example: Deployment) -> None:
    state = install(example)
    assert state.unit_status == WAITING
    assert all(not container.plan.services for container in state.containers)


def test_workloads_start_in_the_pod_that_was_asked_for(example: Deployment) -> None:
    state = example.settle(example.state())
    assert state.unit_status == ops.ActiveStatus()
    for name in ("app", "page"):
        assert state.get_container(name).service_statuses == {name: pebble.ServiceStatus.ACTIVE}


def test_other_limits_mean_another_pod_and_the_old_workload_runs_until_then(example: Deployment) -> None:
    state = example.settle(example.state())
    digest = pod(example)["metadata"]["annotations"]["kubeflow-charms/pod"]
    changed = dataclasses.replace(state, config={"memory": "1Gi"})
    state = example.run(example.context.on.config_changed(), changed)
    assert pod(example)["metadata"]["annotations"]["kubeflow-charms/pod"] != digest
    assert state.unit_status == WAITING
    assert state.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}
    example.roll()
    assert example.run(example.context.on.upgrade_charm(), state).unit_status == ops.ActiveStatus()


def test_the_pod_is_rolled_once(example: Deployment) -> None:
    state = example.settle(example.state())
    before = json.dumps(pod(example))
    for event in ("upgrade_charm", "config_changed", "start", "update_status"):
        state = example.run(getattr(example.context.on, event)(), state)
    assert json.dumps(pod(example)) == before


def test_a_unit_that_does_not_lead_runs_in_the_same_pod(example: Deployment) -> None:
    example.settle(example.state())
    state = example.run(example.context.on.config_changed(), example.state(leader=False))
    assert state.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}


def test_a_bad_option_does_not_roll_the_pod_into_half_a_sandbox(example: Deployment) -> None:
    state = example.settle(example.state())
    before = json.dumps(pod(example))
    state = example.run(example.context.on.config_changed(), dataclasses.replace(state, config={"memory": "much"}))
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert state.unit_status.message.startswith("option memory: it is no quantity")
    assert json.dumps(pod(example)) == before
    assert state.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}
