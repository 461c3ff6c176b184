"""What a charm does where Kubernetes allows everybody everything, and how often it asks."""

from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts import Manifests, Part, Program, Workload
from kubeflow_charms.sandbox import authorization
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy
from support.fake_cluster import REVIEWS

ASKED = f"POST {REVIEWS}"


def plan(charm: Any) -> Iterator[Part]:
    yield Manifests("settings", "settings.yaml.j2")
    authorization.require(charm.run)
    yield Workload(container="app", command="serve")


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy(plan, programs=(Program("app"),))


def running(state: testing.State) -> bool:
    return bool(state.get_container("app").plan.services)


def test_no_program_starts_where_everybody_may_do_everything_and_the_command_is_told(deployment: Deployment) -> None:
    deployment.cluster.authorises = False
    state = deployment.settle(deployment.state())
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert "run: microk8s enable rbac; elsewhere" in state.unit_status.message
    assert not running(state)
    assert "ConfigMap settings" in deployment.cluster.kinds()


def test_it_starts_as_soon_as_kubernetes_authorises(deployment: Deployment) -> None:
    deployment.cluster.authorises = False
    state = deployment.settle(deployment.state())
    deployment.cluster.authorises = True
    state = deployment.settle(state)
    assert (state.unit_status, running(state)) == (ops.ActiveStatus(), True)


@pytest.mark.parametrize("leader", [True, False])
def test_every_unit_asks_once_in_its_pod(deployment: Deployment, leader: bool) -> None:
    deployment.settle(deployment.state())
    deployment.cluster.calls.clear()
    (deployment.charm_folder / authorization.MEMORY).unlink()
    state = deployment.settle(deployment.state(leader=leader))
    assert state.unit_status == ops.ActiveStatus()
    assert deployment.cluster.calls.count(ASKED) == 1


def test_what_runs_goes_on_when_kubernetes_stops_to_authorise(deployment: Deployment) -> None:
    state = deployment.settle(deployment.state())
    deployment.cluster.authorises = False
    state = deployment.run(deployment.context.on.update_status(), state)
    assert (state.unit_status, running(state)) == (ops.ActiveStatus(), True)


def test_it_asks_about_what_every_pods_account_may_do_and_no_account_that_exists(deployment: Deployment) -> None:
    asked: list[Any] = []
    deployment.cluster.refuse = lambda request: asked.append(request) if request.url.path == REVIEWS else None
    deployment.settle(deployment.state())
    assert isinstance(asked[0], httpx2.Request)
    assert b'"system:serviceaccount:edge:no_account"' in asked[0].content
    assert b'"system:serviceaccounts"' in asked[0].content


def test_without_an_answer_it_waits_and_no_program_starts(deployment: Deployment) -> None:
    deployment.cluster.refuse = lambda request: 503 if request.url.path == REVIEWS else None
    state = deployment.settle(deployment.state())
    assert isinstance(state.unit_status, ops.WaitingStatus)
    assert "the Kubernetes API (503 for SubjectAccessReview of no account)" in state.unit_status.message
    assert not running(state)
