import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.unit import Databags, Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
VERSION_1 = {"_supported_versions": '["v1"]'}
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "kubeflow-profiles": {**VERSION_1, "data": '{"service-name": "kubeflow-profiles", "service-port": "8081"}'},
    "ingress": {**VERSION_1, "url": "http://10.64.140.43", "principals": PRINCIPAL},
}


class Dashboard(Unit):
    """A unit of kubeflow-dashboard."""

    databags = DATABAGS

    def state(
        self,
        *relations: testing.RelationBase,
        databags: Databags | None = None,
        peers: Mapping[str, Mapping[str, str]] | None = None,
        **changes: Any,
    ) -> testing.State:
        """Return a state related to profiles and a gateway.

        Args:
            *relations: see `Unit.state`.
            databags: see `Unit.state`.
            peers: by name, the databags of applications that want links.
            **changes: of the state.
        """
        state = super().state(*relations, databags=databags, **changes)
        links = {
            testing.Relation("links", remote_app_name=name, remote_app_data=dict(databag))
            for name, databag in (peers or {}).items()
        }
        return dataclasses.replace(state, relations=state.relations | links)

    def lists(self, name: str = "centraldashboard-config") -> dict[str, list[dict[str, Any]]]:
        """Return the lists of links as the dashboard reads them."""
        return json.loads(self.deployment.cluster.find("ConfigMap", name)["data"]["links"])

    def texts(self, name: str) -> list[str]:
        """Return the texts of one of the lists."""
        return [link["text"] for link in self.lists()[name]]

    def environment(self, state: testing.State) -> dict[str, str]:
        """Return the workload's environment."""
        return state.get_container("dashboard").plan.services["dashboard"].environment


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Dashboard]:
    with unit(Dashboard, ROOT, monkeypatch, tmp_path) as found:
        yield found
