"""What the library relies on Kubernetes for: server-side apply, conflicts, owners and their collection, tokens."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts import Crds, Manifests, Part, Program, Workload
from ops import testing
from support.apiserver import ApiServer, Object
from support.application import Application, deployed_on
from support.eventually import eventually
from support.examples import Deploy, Limits

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {{ data | tojson }}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: first}
spec: {size: 1}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: {{ app }}-{{ model }}}
webhooks: []
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ model }}-far, namespace: default}
"""
CRDS = """
group: example.com
kinds:
  Thing: {plural: things, versions: {v1: {storage: true, status: true, fields: {spec: {size!: integer}}}}}
"""
ROLE = """
cluster: [{apiGroups: [""], resources: [nodes], verbs: [list]}]
namespace: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
"""
OPTIONS = {
    "data": {"type": "string", "default": "a=1"},
    "memory": {"type": "string", "default": "64Mi"},
    "purge": {"type": "boolean", "default": False},
}


def plan(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1")
    if charm.config["data"] != "none":
        data = dict(pair.split("=") for pair in charm.config["data"].split())
        yield Manifests("objects", "objects.yaml.j2", {"data": data})
    yield Workload(container="app", command="run")


CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"


@pytest.fixture
def application(
    deploy: Deploy, collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    program = Program("app", role="role.yaml", writable=("/etc/app",), labels=lambda options: {"own": "label"})
    deployment = deploy(
        plan,
        programs=(program,),
        attributes={"options_type": Limits},
        sources={"objects.yaml.j2": MANIFESTS, "crds.yaml": CRDS, "role.yaml": ROLE},
        config={"options": OPTIONS},
    )
    yield from deployed_on(apiserver, collected, deployment, monkeypatch)


@dataclasses.dataclass(frozen=True)
class Paths:
    """Where the example's objects are."""

    settings: str
    webhook: str
    role: str
    anchor: str
    far: str

    @property
    def owned(self) -> tuple[str, ...]:
        return (self.settings, self.webhook, self.role, self.far)


@pytest.fixture
def paths(application: Application) -> Paths:
    model, roles = application.model, "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    return Paths(
        settings=f"/api/v1/namespaces/{model}/configmaps/settings",
        webhook=f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/example-{model}",
        role=f"{roles}/{model}-example-app",
        anchor=f"{roles}/{model}-example-anchor",
        far=f"/api/v1/namespaces/default/configmaps/{model}-far",
    )


def settled(application: Application, data: str = "a=1 b=2") -> testing.State:
    state = application.settle(application.state(config={"data": data}))
    assert state.unit_status == ops.ActiveStatus()
    return state


def with_data(state: testing.State, data: str) -> testing.State:
    return dataclasses.replace(state, config={"data": data})


def test_objects_of_a_kind_that_the_same_hook_defines_are_there_when_it_ends(application: Application) -> None:
    settled(application)
    thing = application.get(f"/apis/example.com/v1/namespaces/{application.model}/things/first")
    assert thing["spec"] == {"size": 1}


def test_a_field_that_the_template_no_longer_has_goes(application: Application, paths: Paths) -> None:
    application.run(with_data(settled(application, "a=1 b=2"), "a=1"))
    assert application.get(paths.settings)["data"] == {"a": "1"}


def test_what_others_added_stays(application: Application, paths: Paths) -> None:
    state = settled(application, "a=1")
    application.edit(paths.settings, "kubectl", lambda item: item["data"].update(theirs="yes"))
    application.run(with_data(state, "a=2"))
    assert application.get(paths.settings)["data"] == {"a": "2", "theirs": "yes"}


def test_containers_stay_in_the_order_in_which_juju_has_them(application: Application) -> None:
    """Juju may write the StatefulSet again; were the order another one then, the pod would be replaced for nothing."""
    path = f"/apis/apps/v1/namespaces/{application.model}/statefulsets/example"

    def order() -> list[str]:
        return [item["name"] for item in application.get(path)["spec"]["template"]["spec"]["containers"]]

    juju = order()
    assert juju != sorted(juju)
    state = settled(application, "a=1")
    assert order() == juju
    generation = application.get(path)["metadata"]["generation"]
    application.run(with_data(state, "a=2"))
    assert (order(), application.get(path)["metadata"]["generation"]) == (juju, generation)


def pass_quarter(application: Application, state: testing.State) -> testing.State:
    """Let update-status come for fifteen minutes."""
    for _ in range(3):
        state = application.run(state, "update_status")
    return state


def told(application: Application) -> list[str]:
    """Return the charm's warnings; the testing framework has some of its own, of containers' files."""
    found = [entry.message for entry in application.deployment.context.juju_log if entry.level == "WARNING"]
    return [message for message in found if not message.startswith("Container ")]


@pytest.mark.parametrize("data", [{"a": "theirs"}, {"a": "theirs", "b": "theirs"}, {"b": "theirs"}])
def test_what_somebody_edits_is_put_back_and_said_once(
    application: Application, paths: Paths, data: dict[str, str]
) -> None:
    state = settled(application)
    application.edit(paths.settings, "kubectl-edit", lambda item: item["data"].update(data))
    application.deployment.context.juju_log.clear()
    state = pass_quarter(application, pass_quarter(application, state))
    assert state.unit_status == ops.ActiveStatus()
    assert application.get(paths.settings)["data"] == {"a": "1", "b": "2"}
    assert told(application) == ["ConfigMap settings was changed by kubectl-edit; it is put back"]


def test_a_field_that_somebody_takes_away_is_put_back(application: Application, paths: Paths) -> None:
    state = settled(application)
    application.edit(paths.settings, "kubectl-edit", lambda item: item["data"].pop("a"))
    pass_quarter(application, state)
    assert application.get(paths.settings)["data"] == {"a": "1", "b": "2"}


def test_what_only_a_part_of_an_earlier_revision_had_goes_with_its_field_manager(
    application: Application, paths: Paths
) -> None:
    state = settled(application)
    metadata = {"name": "settings", "labels": {"earlier": "yes"}}
    fields = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1", "more": "2"}}
    application.http.patch(
        paths.settings,
        params={"fieldManager": "example.earlier"},
        content=json.dumps(fields),
        headers={"Content-Type": "application/apply-patch+yaml"},
    ).raise_for_status()
    application.run(with_data(state, "a=1 b=3"))
    item = application.get(paths.settings)
    assert item["data"] == {"a": "1", "b": "3"}
    assert "earlier" not in item["metadata"]["labels"]
    assert {entry["manager"] for entry in item["metadata"]["managedFields"]} == {"example.objects"}


@pytest.mark.parametrize("kind", ["settings", "webhook", "role", "far"])
def test_what_somebody_deletes_is_made_again(application: Application, paths: Paths, kind: str) -> None:
    state = settled(application)
    application.http.delete(getattr(paths, kind)).raise_for_status()
    application.deployment.context.juju_log.clear()
    state = pass_quarter(application, state)
    assert application.get(getattr(paths, kind))
    assert state.unit_status == ops.ActiveStatus()
    assert [message.partition(" was deleted")[1] for message in told(application)] == [" was deleted"]


def test_a_definition_that_somebody_deletes_is_made_again_with_what_was_of_its_kind(application: Application) -> None:
    state = settled(application)
    application.http.delete(CRD).raise_for_status()
    eventually(lambda: not application.get(CRD))
    state = application.run(state, "start")
    assert application.get(f"/apis/example.com/v1/namespaces/{application.model}/things/first")
    assert state.unit_status == ops.ActiveStatus()


def test_all_far_objects_have_their_owner_again_after_the_anchor_was_deleted(
    application: Application, paths: Paths
) -> None:
    state = settled(application)
    application.http.delete(paths.anchor).raise_for_status()
    pass_quarter(application, state)
    [owner] = application.get(paths.far)["metadata"]["ownerReferences"]
    assert owner["uid"] == application.get(paths.anchor)["metadata"]["uid"]


def test_a_token_is_good_again_after_somebody_deleted_the_account(application: Application, paths: Paths) -> None:
    state = settled(application)
    application.http.delete(f"/api/v1/namespaces/{application.model}/serviceaccounts/example-app").raise_for_status()
    pass_quarter(application, state)
    with application.workload("app") as client:
        assert client.get("/api/v1/nodes").status_code == 200


def test_an_idle_quarter_of_an_hour_changes_nothing(application: Application, paths: Paths) -> None:
    state = settled(application)
    before = {path: application.get(path) for path in (*paths.owned, CRD, application.stateful_set)}
    pass_quarter(application, state)
    assert {path: application.get(path) for path in before} == before


def test_an_object_that_was_there_before_is_named_and_left_alone(application: Application, paths: Paths) -> None:
    item = {"metadata": {"name": "settings"}, "data": {"a": "theirs"}}
    where = paths.settings.rpartition("/")[0]
    application.http.post(where, json=item, params={"fieldManager": "helm"}).raise_for_status()
    before = application.get(paths.settings)
    state = application.run(application.state(), "update_status")
    for _ in range(2):
        state = application.run(state, "update_status")
    assert "ConfigMap settings belongs to helm; remove it first" in state.unit_status.message
    assert application.get(paths.settings) == before


def test_what_the_plan_no_longer_has_is_pruned_but_for_crds(application: Application, paths: Paths) -> None:
    application.run(with_data(settled(application), "none"))
    assert not any(map(application.get, (paths.settings, paths.webhook, paths.far)))
    assert application.get(CRD)


def test_the_pod_keeps_what_juju_wants_of_it(application: Application) -> None:
    settled(application)
    pod = application.get(application.stateful_set)["spec"]["template"]
    containers = {item["name"]: item for item in pod["spec"]["containers"]}
    assert containers["app"]["image"] == "app"
    mounts = {name: {mount["mountPath"] for mount in item["volumeMounts"]} for name, item in containers.items()}
    assert mounts["app"] == {"/charm", "/etc/app", "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert mounts["charm"] == {"/charm", "/var/run/kubeflow-charms"}
    assert containers["app"]["resources"]["limits"] == {"memory": "64Mi"}
    assert pod["metadata"]["labels"] == {"app.kubernetes.io/name": "example", "own": "label"}


def test_juju_can_go_on_to_update_the_pod(application: Application) -> None:
    state = settled(application)
    before = application.get(application.stateful_set)

    def update(item: Object) -> None:
        item["spec"]["template"]["spec"]["containers"][0]["image"] = "newer"

    application.edit(application.stateful_set, "juju", update)
    assert application.run(state, "upgrade_charm").unit_status == ops.ActiveStatus()
    update(before)
    assert application.get(application.stateful_set)["spec"]["template"] == before["spec"]["template"]


def test_a_hook_that_changes_nothing_changes_nothing(application: Application) -> None:
    state = settled(application)
    before = application.get(application.stateful_set)["metadata"]["resourceVersion"]
    (application.deployment.charm_folder / ".applied").unlink()
    application.run(state)
    assert application.get(application.stateful_set)["metadata"]["resourceVersion"] == before


def test_a_workloads_token_opens_what_its_role_says_and_nothing_else(application: Application, paths: Paths) -> None:
    settled(application)
    with application.workload("app") as client:
        assert client.get(paths.settings).status_code == 200
        assert client.get("/api/v1/nodes").status_code == 200
        assert client.get("/api/v1/secrets").status_code == 403
        assert client.get(f"/api/v1/namespaces/{application.model}/secrets").status_code == 403
        assert client.delete(paths.settings).status_code == 403
        assert client.get("/api/v1/namespaces/default/configmaps").status_code == 403


def test_a_workloads_token_ends_with_the_pod_and_is_in_no_secret(application: Application) -> None:
    settled(application)
    with application.workload("app") as client:
        assert client.get("/api/v1/nodes").status_code == 200
        listed = application.get(f"/api/v1/namespaces/{application.model}/secrets")["items"]
        assert [item["metadata"]["name"] for item in listed if not item.get("data")] == ["example-0-identity"]
        assert not [item for item in listed if item["type"] == "kubernetes.io/service-account-token"]
        application.http.delete(f"/api/v1/namespaces/{application.model}/pods/example-0").raise_for_status()
        eventually(lambda: client.get("/api/v1/nodes").status_code == 401, timeout=30)


def test_all_but_the_crds_goes_with_the_stateful_set_and_the_anchor(application: Application, paths: Paths) -> None:
    settled(application)
    for path in (application.stateful_set, paths.anchor):
        application.http.delete(path).raise_for_status()
    eventually(lambda: not any(map(application.get, paths.owned)))
    assert application.get(CRD)


def test_all_but_the_crds_goes_with_the_models_namespace(application: Application, paths: Paths) -> None:
    settled(application)
    application.http.delete(f"/api/v1/namespaces/{application.model}").raise_for_status()
    eventually(lambda: not any(map(application.get, (*paths.owned, paths.anchor))))
    assert application.get(CRD)


def test_the_last_unit_takes_all_but_the_crds_and_the_anchor(application: Application, paths: Paths) -> None:
    state = settled(application)
    application.run(dataclasses.replace(state, planned_units=0), "stop")
    assert not any(map(application.get, paths.owned))
    assert application.get(CRD)


def test_an_application_deployed_again_takes_over_what_is_left_of_it(application: Application, paths: Paths) -> None:
    settled(application)
    application.http.delete(f"{application.stateful_set}?propagationPolicy=Orphan").raise_for_status()
    eventually(lambda: not application.get(application.stateful_set))
    application.deploy()
    application.deployment.become({})
    settled(application)
    [owner] = application.get(paths.settings)["metadata"]["ownerReferences"]
    assert owner["uid"] == application.get(application.stateful_set)["metadata"]["uid"]


@pytest.fixture
def alone(application: Application) -> None:
    """Let the applications of earlier tests be gone."""
    selector = {"labelSelector": "kubeflow-charms/charm=example"}
    application.http.delete("/apis/rbac.authorization.k8s.io/v1/clusterroles", params=selector).raise_for_status()


@pytest.fixture
def other(application: Application, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return a second application of the same charm, in a model of its own."""
    yield from deployed_on(apiserver, application.http, application.deployment, monkeypatch)


def test_purge_in_one_model_leaves_the_definitions_that_another_uses(
    application: Application, alone: None, other: Application, paths: Paths
) -> None:
    state = settled(application)
    settled(other)
    state = application.run(dataclasses.replace(state, config={"purge": True}))
    assert f"option purge: application example of model {other.model} uses the same" in state.unit_status.message
    application.http.delete(paths.anchor).raise_for_status()
    eventually(lambda: not application.get(paths.role))
    assert application.get(f"/apis/example.com/v1/namespaces/{other.model}/things/first")


def test_definitions_that_another_model_comes_to_use_are_no_longer_purged(
    application: Application, alone: None, other: Application, paths: Paths
) -> None:
    state = settled(application)
    application.run(dataclasses.replace(state, config={"purge": True}))
    assert application.get(CRD)["metadata"]["ownerReferences"]
    application.deployment.become({})
    settled(other)
    assert not application.get(CRD)["metadata"].get("ownerReferences")


def test_with_purge_the_crds_go_with_the_anchor(application: Application, alone: None, paths: Paths) -> None:
    state = settled(application)
    application.run(dataclasses.replace(state, config={"purge": True}))
    application.http.delete(paths.anchor).raise_for_status()
    eventually(lambda: not application.get(CRD))


def constrain(application: Application, memory: str | None) -> None:
    """Run `juju set-constraints`, as Juju writes it into the StatefulSet; None takes the constraint away."""
    app = {"name": "app", "resources": {"limits": {"memory": memory}}}
    application.http.patch(
        application.stateful_set,
        json={"spec": {"template": {"spec": {"containers": [app]}}}},
        headers={"Content-Type": "application/strategic-merge-patch+json"},
        params={"fieldManager": "juju"},
    ).raise_for_status()


def limit(application: Application) -> Any:
    containers = application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    return next(item for item in containers if item["name"] == "app")["resources"].get("limits")


def test_an_operators_constraint_wins_over_the_charms_limit(application: Application) -> None:
    constrain(application, "4Gi")
    settled(application)
    assert limit(application) == {"memory": "4Gi"}


def test_a_constraint_that_comes_later_wins_and_one_that_goes_gives_way(application: Application) -> None:
    state = settled(application)
    constrain(application, "4Gi")
    state = pass_quarter(application, state)
    assert state.unit_status == ops.ActiveStatus()
    assert limit(application) == {"memory": "4Gi"}
    constrain(application, None)
    state = pass_quarter(application, state)
    assert state.unit_status == ops.ActiveStatus()
    assert limit(application) == {"memory": "64Mi"}


def test_a_container_that_the_charm_has_no_more_is_taken_out_of_the_pod(application: Application) -> None:
    state = settled(application)
    application.run(state, "upgrade_charm")
    containers = [
        item["name"] for item in application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    ]
    assert sorted(containers) == ["app", "charm"]
    old = {"name": "old", "image": "old"}
    patch = {"spec": {"template": {"spec": {"containers": [old]}}}}
    for manager, kind in (("juju", "strategic-merge-patch+json"), ("example.pod", "apply-patch+yaml")):
        metadata = {"name": "example", "annotations": {}}
        body = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, **patch}
        application.http.patch(
            application.stateful_set,
            json=body,
            headers={"Content-Type": f"application/{kind}"},
            params={"fieldManager": manager},
        ).raise_for_status()
    application.run(state, "upgrade_charm")
    containers = [
        item["name"] for item in application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    ]
    assert sorted(containers) == ["app", "charm"]
