"""Whose an object is, and that nobody else's is touched."""

from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts import Crds, Manifests, Part, Program
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: local, labels: {own: label}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: far, namespace: elsewhere}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: wide}
value: 1
"""
CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"
WIDE = "/apis/scheduling.k8s.io/v1/priorityclasses/wide"


def plan(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1.10")
    yield Manifests("objects", "objects.yaml")


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    purge = {"purge": {"type": "boolean", "default": False}}
    sources = {"objects.yaml": MANIFESTS, "crds.yaml": CRDS}
    return deploy(plan, programs=(Program("app"),), sources=sources, config={"options": purge})


def install(deployment: Deployment, **changes: Any) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), deployment.state(**changes))


def owners(item: dict[str, Any]) -> list[tuple[str, str]]:
    return [(owner["kind"], owner["name"]) for owner in item["metadata"].get("ownerReferences", [])]


def test_objects_say_which_application_model_and_charm_they_belong_to(example: Deployment) -> None:
    install(example)
    assert example.cluster.find("ConfigMap", "local")["metadata"]["labels"] == {
        "own": "label",
        "kubeflow-charms/app": "example",
        "kubeflow-charms/model": "edge",
        "kubeflow-charms/charm": "example",
    }


def test_an_object_of_the_model_is_owned_by_the_stateful_set(example: Deployment) -> None:
    install(example)
    assert owners(example.cluster.find("ConfigMap", "local")) == [("StatefulSet", "example")]
    owner = example.cluster.find("ConfigMap", "local")["metadata"]["ownerReferences"][0]
    assert owner["uid"] == example.stateful_set["metadata"]["uid"]


@pytest.mark.parametrize(("kind", "name"), [("PriorityClass", "wide"), ("ConfigMap", "far")])
def test_an_object_elsewhere_is_owned_by_the_anchor(example: Deployment, kind: str, name: str) -> None:
    install(example)
    assert owners(example.cluster.find(kind, name)) == [("ClusterRole", "edge-example-anchor")]


def test_the_anchor_grants_nothing_and_is_owned_by_the_models_namespace(example: Deployment) -> None:
    install(example)
    anchor = example.cluster.find("ClusterRole", "edge-example-anchor")
    assert anchor["rules"] == []
    assert owners(anchor) == [("Namespace", "edge")]


def test_a_charm_whose_objects_are_all_in_its_model_needs_no_anchor(deploy: Deploy) -> None:
    def local(charm: Any) -> Iterator[Part]:
        yield Manifests("settings", "settings.yaml.j2")

    deployment = deploy(local)
    install(deployment)
    assert "ClusterRole edge-example-anchor" not in deployment.cluster.kinds()


def test_a_crd_is_nobodys_and_juju_keeps_off_it(example: Deployment) -> None:
    install(example)
    metadata = example.cluster.find("CustomResourceDefinition", "things.example.com")["metadata"]
    assert owners({"metadata": metadata}) == []
    assert metadata["labels"] == {
        "kubeflow-charms/charm": "example",
        "kubeflow-charms/version": "1.10",
        "model.juju.is/disable-webhook": "true",
    }


def test_with_purge_a_crd_goes_with_the_anchor(example: Deployment) -> None:
    install(example, config={"purge": True})
    crd = example.cluster.find("CustomResourceDefinition", "things.example.com")
    assert owners(crd) == [("ClusterRole", "edge-example-anchor")]


ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


def used_by(deployment: Deployment, app: str, model: str) -> str:
    """Let another application of the same charm be in the cluster, and return the path of its anchor."""
    labels = {"kubeflow-charms/app": app, "kubeflow-charms/model": model, "kubeflow-charms/charm": "example"}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    path = f"{ROLES}/{model}-{app}-anchor"
    deployment.cluster.add(path, {**role, "metadata": {"name": path.rpartition("/")[2], "labels": labels}})
    return path


@pytest.mark.parametrize(("app", "model"), [("example", "prod"), ("other", "edge")])
def test_definitions_that_another_application_uses_are_not_purged_and_the_status_names_it(
    example: Deployment, app: str, model: str
) -> None:
    anchor = used_by(example, app, model)
    state = install(example, config={"purge": True})
    crd = example.cluster.find("CustomResourceDefinition", "things.example.com")
    assert owners(crd) == []
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert f"option purge: application {app} of model {model} uses the same definitions" in state.unit_status.message
    assert example.cluster.find("PriorityClass", "wide")
    assert isinstance(install(example, config={"purge": True}).unit_status, ops.BlockedStatus)
    del example.cluster.objects[anchor]
    state = install(example, config={"purge": True})
    assert owners(example.cluster.find("CustomResourceDefinition", "things.example.com")) == [
        ("ClusterRole", "edge-example-anchor")
    ]
    assert not isinstance(state.unit_status, ops.BlockedStatus)


def test_an_application_that_uses_definitions_has_an_anchor_by_which_others_see_it(deploy: Deploy) -> None:
    def local(charm: Any) -> Iterator[Part]:
        yield Crds("crds.yaml", version="1")

    deployment = deploy(local, sources={"crds.yaml": CRDS})
    install(deployment)
    assert "ClusterRole edge-example-anchor" in deployment.cluster.kinds()


def foreign(kind: str, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    version = {"PriorityClass": "scheduling.k8s.io/v1"}.get(kind, "apiextensions.k8s.io/v1")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels or {}}, "value": 7}


@pytest.mark.parametrize(
    ("path", "item"),
    [(WIDE, foreign("PriorityClass", "wide")), (CRD, foreign("CustomResourceDefinition", "things.example.com"))],
    ids=["object", "crd"],
)
def test_what_another_tool_has_blocks_naming_it_and_stays_untouched(
    example: Deployment, path: str, item: dict[str, Any]
) -> None:
    example.cluster.add(path, item, manager="helm")
    before = dict(item["metadata"])
    state = install(example)
    for _ in range(3):
        state = example.run(example.context.on.update_status(), state)
    message = f"{item['kind']} {item['metadata']['name']} belongs to helm; remove it first"
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert message in state.unit_status.message
    assert example.cluster.objects[path]["metadata"] == before
    assert example.cluster.objects[path]["value"] == 7


def test_what_another_tool_has_survives_the_removal_of_the_application(example: Deployment) -> None:
    example.cluster.add(WIDE, foreign("PriorityClass", "wide"), manager="helm")
    state = install(example)
    example.run(example.context.on.update_status(), state)
    example.run(example.context.on.stop(), example.state(planned_units=0))
    assert WIDE in example.cluster.objects


def test_every_foreign_object_is_named_at_once_and_nothing_is_changed(example: Deployment) -> None:
    example.cluster.add(WIDE, foreign("PriorityClass", "wide"), manager="helm")
    example.cluster.add(CRD, foreign("CustomResourceDefinition", "things.example.com"), manager="kubectl")
    before = example.cluster.kinds()
    state = install(example)
    (told,) = [log.message for log in example.context.juju_log if log.level == "WARNING"]
    assert "PriorityClass wide belongs to helm" in told
    assert "CustomResourceDefinition things.example.com belongs to kubectl" in told
    assert "(and 1 more; see log)" in state.unit_status.message
    assert example.cluster.kinds() == before


def test_a_foreign_object_that_went_away_no_longer_blocks(example: Deployment) -> None:
    example.cluster.add(WIDE, foreign("PriorityClass", "wide"), manager="helm")
    state = install(example)
    del example.cluster.objects[WIDE]
    assert example.settle(state).unit_status == ops.ActiveStatus()


def test_the_same_charm_of_another_model_is_named(example: Deployment) -> None:
    labels = {"kubeflow-charms/charm": "example", "kubeflow-charms/app": "theirs", "kubeflow-charms/model": "other"}
    example.cluster.add(WIDE, foreign("PriorityClass", "wide", labels))
    state = install(example)
    assert "PriorityClass wide belongs to application theirs of model other" in state.unit_status.message


def test_another_charm_of_ours_is_named(example: Deployment) -> None:
    labels = {"kubeflow-charms/charm": "katib", "kubeflow-charms/app": "katib-1", "kubeflow-charms/model": "edge"}
    example.cluster.add(WIDE, foreign("PriorityClass", "wide", labels))
    assert "PriorityClass wide belongs to katib-1" in install(example).unit_status.message


def test_an_object_that_is_being_deleted_is_waited_for(example: Deployment) -> None:
    item = foreign("PriorityClass", "wide")
    item["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    example.cluster.add(WIDE, item)
    assert "waiting for an earlier PriorityClass wide to be gone" in install(example).unit_status.message


def test_a_definition_that_is_being_deleted_is_changed_so_that_kubernetes_goes_on(example: Deployment) -> None:
    item = versioned("1.10")
    item["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "resourceVersion": "7"}
    example.cluster.add(CRD, item)
    state = install(example)
    assert "waiting for an earlier CustomResourceDefinition things.example.com to be gone" in state.unit_status.message
    assert example.cluster.objects[CRD]["metadata"]["annotations"]["kubeflow-charms/awaited"]


def versioned(version: str) -> dict[str, Any]:
    labels = {"kubeflow-charms/charm": "example", "kubeflow-charms/version": version}
    return foreign("CustomResourceDefinition", "things.example.com", labels)


@pytest.mark.parametrize("version", ["1.11", "1.10.1", "2"])
def test_a_newer_crd_blocks_and_stays(example: Deployment, version: str) -> None:
    example.cluster.add(CRD, versioned(version))
    state = install(example)
    expected = f"CustomResourceDefinition things.example.com has the newer version {version}, this charm has 1.10"
    assert expected in state.unit_status.message
    assert example.cluster.objects[CRD]["metadata"]["labels"]["kubeflow-charms/version"] == version


def test_a_crd_that_another_model_brought_further_meanwhile_is_not_taken_back(example: Deployment) -> None:
    state = example.settle(example.state())
    example.cluster.objects[CRD]["metadata"]["labels"]["kubeflow-charms/version"] = "2"
    state = example.run(example.context.on.upgrade_charm(), state)
    assert state.unit_status == ops.ActiveStatus()
    assert example.cluster.objects[CRD]["metadata"]["labels"]["kubeflow-charms/version"] == "2"


@pytest.mark.parametrize("version", ["1.10", "1.9", "0.99"])
def test_an_older_crd_of_any_model_is_brought_up_to_date(example: Deployment, version: str) -> None:
    example.cluster.add(CRD, versioned(version))
    install(example)
    assert example.cluster.objects[CRD]["metadata"]["labels"]["kubeflow-charms/version"] == "1.10"
    assert example.cluster.objects[CRD]["spec"]["group"] == "example.com"


def test_a_conflict_over_a_field_blocks_naming_the_other_manager(example: Deployment) -> None:
    message = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .value'

    def refuse(request: httpx2.Request) -> Any:
        return (409, message) if request.method == "PATCH" and "priorityclasses" in request.url.path else None

    example.cluster.refuse = refuse
    assert f"PriorityClass wide belongs to someone else: {message}" in install(example).unit_status.message


def test_a_conflict_with_another_part_of_an_earlier_revision_is_won(example: Deployment) -> None:
    message = 'Apply failed with 1 conflict: conflict with "example.earlier": .value'

    def refuse(request: httpx2.Request) -> Any:
        forced = request.url.params.get("force") == "true"
        refused = request.method == "PATCH" and "priorityclasses" in request.url.path and not forced
        return (409, message) if refused else None

    example.cluster.refuse = refuse
    assert "belongs to" not in install(example).unit_status.message
    assert example.cluster.find("PriorityClass", "wide")


def test_each_part_applies_under_a_manager_of_its_own(example: Deployment) -> None:
    install(example)

    def managers(kind: str, name: str) -> list[str]:
        return [entry["manager"] for entry in example.cluster.find(kind, name)["metadata"]["managedFields"]]

    assert managers("ConfigMap", "local") == ["example.objects"]
    assert managers("CustomResourceDefinition", "things.example.com") == ["example.crds"]
    assert managers("StatefulSet", "example") == ["example.pod", "example.record"]


def test_crds_and_accounts_are_applied_before_what_relies_on_them(example: Deployment) -> None:
    install(example)
    patched = [call.rsplit("/", 2)[1] for call in example.cluster.calls if call.startswith("PATCH")]
    order = [kind for kind in patched if kind not in ("statefulsets", "clusterroles")]
    assert order == ["customresourcedefinitions", "configmaps", "configmaps", "priorityclasses"]
