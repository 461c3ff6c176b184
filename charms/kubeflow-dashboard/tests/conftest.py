import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
VERSION_1 = {"_supported_versions": '["v1"]'}
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "kubeflow-profiles": {**VERSION_1, "data": '{"service-name": "kubeflow-profiles", "service-port": "8081"}'},
    "ingress": {**VERSION_1, "url": "http://10.64.140.43", "principals": PRINCIPAL},
}


@dataclasses.dataclass
class Dashboard:
    """A unit of kubeflow-dashboard, and what one asks about it."""

    deployment: Deployment

    def state(
        self,
        *,
        databags: Mapping[str, Mapping[str, str] | None] | None = None,
        peers: Mapping[str, Mapping[str, str]] | None = None,
        **changes: Any,
    ) -> testing.State:
        """Return a state related to profiles and a gateway.

        Args:
            databags: other applications' databags by endpoint; None leaves a relation out.
            peers: by name, the databags of applications that want links.
            changes: of the state.
        """
        related = {**DATABAGS, **(databags or {})}
        relations = [
            testing.Relation(endpoint, remote_app_data=dict(databag))
            for endpoint, databag in related.items()
            if databag is not None
        ]
        for name, databag in (peers or {}).items():
            relations.append(testing.Relation("links", remote_app_name=name, remote_app_data=dict(databag)))
        return self.deployment.state(relations=relations, **changes)

    def settle(self, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can."""
        return self.deployment.settle(self.state(**changes))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        state = dataclasses.replace(state, config={**state.config, **hyphens(options)})
        on = self.deployment.context.on
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def blocked(self, **options: Any) -> str:
        """Return the message with which options block the unit."""
        state = self.state(config=hyphens(options))
        status = self.deployment.run(self.deployment.context.on.config_changed(), state).unit_status
        assert isinstance(status, testing.BlockedStatus)
        return status.message

    def lists(self, name: str = "centraldashboard-config") -> dict[str, list[dict[str, Any]]]:
        """Return the lists of links as the dashboard reads them."""
        return json.loads(self.deployment.cluster.find("ConfigMap", name)["data"]["links"])

    def texts(self, name: str) -> list[str]:
        """Return the texts of one of the lists."""
        return [link["text"] for link in self.lists()[name]]

    def environment(self, state: testing.State) -> dict[str, str]:
        """Return the workload's environment."""
        return state.get_container("dashboard").plan.services["dashboard"].environment


def hyphens(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in options.items()}


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Dashboard]:
    with deployed(CHARM.KubeflowDashboard, ROOT, monkeypatch, tmp_path) as deployment:
        yield Dashboard(deployment)
