"""What the library relies on Kubernetes for: server-side apply, conflicts, and what the plan no longer has."""

import json

from support.application import Application
from support.library import CRD, Paths, settled, with_data


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


def test_a_hook_that_changes_nothing_changes_nothing(application: Application) -> None:
    state = settled(application)
    before = application.get(application.stateful_set)["metadata"]["resourceVersion"]
    (application.deployment.charm_folder / ".applied").unlink()
    application.run(state)
    assert application.get(application.stateful_set)["metadata"]["resourceVersion"] == before
