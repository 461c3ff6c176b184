"""What others do to the application's objects is put back, and said once."""

import ops
import pytest
from support.application import Application
from support.eventually import eventually
from support.library import CRD, Paths, pass_quarter, settled, told


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
