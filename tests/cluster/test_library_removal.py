"""What goes with the application, what stays, and what another application of the charm still needs."""

import dataclasses
from collections.abc import Iterator

import pytest
from support.apiserver import ApiServer
from support.application import Application, deployed_on
from support.eventually import eventually
from support.library import CRD, Paths, settled


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
