"""What charms find out on a real API server, with RBAC, without any authorisation, and with careless rights."""

from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts import Part, Workload
from kubeflow_charms.sandbox import authorization
from support.apiserver import ApiServer, running
from support.application import Application, deployed_on
from support.examples import Deploy

BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def plan(charm: Any) -> Iterator[Part]:
    authorization.require(charm.run)
    yield Workload(container="app", command="serve")


def settled(application: Application) -> Any:
    return application.settle(application.state()).unit_status


@pytest.fixture
def application(
    deploy: Deploy, collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    yield from deployed_on(apiserver, collected, deploy(plan), monkeypatch)


@pytest.fixture(scope="module")
def permissive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with running(tmp_path_factory.mktemp("permissive"), "--authorization-mode=AlwaysAllow") as server:
        yield server


def test_with_rbac_the_charm_is_active(application: Application) -> None:
    assert settled(application) == ops.ActiveStatus()


def test_where_all_accounts_were_given_everything_it_is_blocked(application: Application) -> None:
    binding = {
        "metadata": {"name": "careless"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:serviceaccounts"}],
    }
    application.http.post(BINDINGS, json=binding).raise_for_status()
    try:
        assert isinstance(settled(application), ops.BlockedStatus)
    finally:
        application.http.delete(f"{BINDINGS}/careless").raise_for_status()


def test_without_authorisation_it_is_blocked_with_the_command(
    deploy: Deploy, permissive: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with permissive.client() as http:
        (status,) = (settled(item) for item in deployed_on(permissive, http, deploy(plan), monkeypatch))
    assert isinstance(status, ops.BlockedStatus)
    assert "run: microk8s enable rbac" in status.message
