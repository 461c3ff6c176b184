import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.fake_cluster import Object
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
GATEWAY = {"url": "http://10.64.140.43", "principals": PRINCIPAL}
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "gateway-info": {"gateway_name": "kubeflow-gateway", "gateway_namespace": "edge", "gateway_up": "true"},
    "ingress-backend": GATEWAY,
    "ingress-frontend": GATEWAY,
    "dashboard-links": {},
}


class Workspaces(Unit):
    """A unit of workspaces."""

    databags = DATABAGS

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def kind(self) -> Object:
        """Return the specification of the kind that the charm describes."""
        return self.cluster.find("WorkspaceKind", "jupyterlab")["spec"]

    def hooks(self) -> dict[str, Object]:
        """Return the webhooks by name."""
        found = self.cluster.find("ValidatingWebhookConfiguration", "workspaces-edge")["webhooks"]
        return {hook["name"].partition(".")[0]: hook for hook in found}

    def rules(self, role: str) -> dict[tuple[str, str], list[str]]:
        """Return the verbs that a ClusterRole grants, by group and resource."""
        return {
            (rule["apiGroups"][0], resource): rule["verbs"]
            for rule in self.cluster.find("ClusterRole", role)["rules"]
            for resource in rule["resources"]
        }


@pytest.fixture
def workspaces(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Workspaces]:
    with unit(Workspaces, ROOT, monkeypatch, tmp_path) as found:
        yield found
