"""Removal leaves the cluster as it was, but for the custom resource definitions, which others may use.

These tests are in order, and end the deployment that all others share.
"""

import json
import subprocess
import time
from collections.abc import Iterator

import jubilant
import pytest
from kubeflow_charms.sandbox.confinement import NAMESPACES
from support.eventually import eventually
from support.jujus_own import waits_for_nothing
from support.kubeflow import ECHO, Kubeflow
from support.kubernetes import cluster_scoped, config_maps, kubectl, look_up
from support.leftovers import definitions, jujus_own, of_model
from support.workspace import IMAGE, Workspace, notebook, workspace

NOTEBOOK = "notebook"
PATIENCE = 240.0
"""Seconds for the end of an empty model, which takes a quarter of it as a rule."""
NOT_JUJUS = "model.juju.is/disable-webhook"
PURGED = {
    "dex-auth": (".dex.coreos.com",),
    "kubeflow-profiles": ("/profiles.kubeflow.org", "/poddefaults.kubeflow.org", ".kubeflow-charms"),
}
"""How the names of the definitions end that go with these applications if their operators want that."""


def _purge_is_heard(application: str) -> bool:
    """Tell whether an application's definitions have an owner now, with which they go."""
    found = [
        item
        for item in look_up("customresourcedefinitions")["items"]
        if f"/{item['metadata']['name']}".endswith(PURGED[application])
    ]
    return bool(found) and all(item["metadata"].get("ownerReferences") for item in found)


def _purged(application: str) -> bool:
    """Tell whether none of an application's definitions is left."""
    return not any(definitions(cluster_scoped(), ending) for ending in PURGED[application])


def _destroy(juju: jubilant.Juju, model: str) -> None:
    """Destroy a model that has no application left; by force if Juju waits for what is not there, see `jujus_own`.

    What charms leave behind is the same in both ways.
    """
    version = juju.status().model.version
    command = ["juju", "destroy-model", model, "--no-prompt", "--destroy-storage"]
    try:
        subprocess.run(command, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        storage = json.loads(juju.cli("storage", "--format=json") or "{}")
        names = [item["metadata"]["name"] for item in look_up("pods,persistentvolumeclaims", "-n", model)["items"]]
        left = [name for name in names if not name.startswith("modeloperator-")]
        if not waits_for_nothing(version, storage, left):
            raise AssertionError(f"the model {model} does not end, with {left}: {storage}") from error
        print(f"excused as Juju's own, by force: {error}", storage, sep="\n")
        juju.destroy_model(model, destroy_storage=True, force=True, timeout=30)


@pytest.fixture(scope="module")
def user(kubeflow: Kubeflow) -> Iterator[Workspace]:
    """Somebody who works in a notebook while all is removed."""
    with workspace("who-stays", NAMESPACES["profiles"]) as made:
        pod = {"containers": [{"name": NOTEBOOK, "image": IMAGE, "command": ["sleep", "infinity"]}]}
        template = {"metadata": {"labels": {"app": NOTEBOOK}}, "spec": pod}
        server = {"serviceName": NOTEBOOK, "selector": {"matchLabels": {"app": NOTEBOOK}}, "template": template}
        made.apply(notebook(NOTEBOOK, pod))
        # As the controller makes it, which may be a stand-in.
        made_of_it = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": NOTEBOOK}, "spec": server}
        kubectl("apply", "-n", made.name, "-f", "-", given=json.dumps(made_of_it))
        kubectl("rollout", "status", f"statefulset/{NOTEBOOK}", "-n", made.name, "--timeout=120s")
        yield made


def test_applications_take_all_but_definitions_along(kubeflow: Kubeflow, user: Workspace, before: set[str]):
    juju, model = kubeflow.juju, str(kubeflow.juju.model)
    for name in PURGED:
        kubeflow.configure(name, {"purge": True})
    for name in PURGED:
        eventually(lambda name=name: _purge_is_heard(name))
    juju.remove_application(*kubeflow.bundle.charms, ECHO, destroy_storage=True)
    eventually(lambda: not juju.status().apps, timeout=480)

    def only_definitions() -> bool:
        now = cluster_scoped()
        assert now - before - definitions(now) - {f"namespace/{user.name}"} == of_model(now, model)
        return True

    assert eventually(only_definitions, timeout=120)
    assert definitions(cluster_scoped(), ".istio.io")


def test_notebooks_go_on_and_what_users_made_stays(user: Workspace):
    assert user.get("notebooks.kubeflow.org", NOTEBOOK)
    assert user.get("pod", f"{NOTEBOOK}-0")["status"]["phase"] == "Running"


@pytest.mark.parametrize("application", PURGED)
def test_with_purge_its_definitions_go_too(kubeflow: Kubeflow, application: str):
    assert eventually(lambda: _purged(application), timeout=60)


def test_nothing_is_left_in_the_models_namespace(kubeflow: Kubeflow):
    found = look_up("statefulsets,pods,services,roles,rolebindings,serviceaccounts", "-n", str(kubeflow.juju.model))
    applications = (*kubeflow.bundle.charms, ECHO)
    left = [f"{item['kind']}/{item['metadata']['name']}" for item in found["items"]]
    assert [name for name in left if name.partition("/")[2].startswith(applications)] == []


def test_no_namespace_keeps_what_istiod_wrote(kubeflow: Kubeflow):
    assert [name for name in config_maps() if "/istio-" in name] == []


def test_the_definitions_that_stay_are_not_jujus_to_remove(kubeflow: Kubeflow, before: set[str]):
    for item in look_up("customresourcedefinitions")["items"]:
        if item["spec"]["group"].endswith(".istio.io"):
            assert item["metadata"]["labels"][NOT_JUJUS] == "true"
            assert not item["metadata"].get("ownerReferences")


def test_the_model_goes_and_with_it_the_rest(kubeflow: Kubeflow, user: Workspace, before: set[str]):
    model = str(kubeflow.juju.model)
    _destroy(kubeflow.juju, model)

    def as_before() -> bool:
        now = cluster_scoped()
        assert now - before - definitions(now) - {f"namespace/{user.name}"} <= jujus_own(model, "modeloperator")
        return True

    assert eventually(as_before)


@pytest.fixture
def doomed(inside_testbed: None) -> jubilant.Juju:
    """A model with the two charms that make cluster-scoped objects."""
    juju = jubilant.Juju(wait_timeout=300)
    juju.add_model(f"doomed-{int(time.time())}")
    for charm in ("dex-auth", "istio-pilot"):
        juju.deploy(charm, trust=True)
    return juju


def test_a_model_that_is_destroyed_by_force_leaves_only_what_is_jujus(doomed: jubilant.Juju):
    model, before = str(doomed.model), cluster_scoped()
    before = {name for name in before if model not in name}
    eventually(
        lambda: (
            f"validatingwebhookconfiguration.admissionregistration.k8s.io/istio-validator-{model}" in cluster_scoped()
        )
    )
    doomed.destroy_model(model, destroy_storage=True, force=True, no_wait=True)

    def as_before() -> bool:
        now = cluster_scoped()
        left = now - before - definitions(now)
        assert left <= jujus_own(model, "modeloperator", "dex-auth", "istio-pilot")
        return True

    assert eventually(as_before)
