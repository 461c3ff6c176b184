import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.charms import load_charm
from support.deployment import MODEL, Deployment, deployed, passing

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
PUBLISHED = {"_supported_versions": "- v1\n", "data": "service-name: istiod.edge.svc\nservice-port: '15012'\n"}
PILOT = {
    "_supported_versions": '["v1"]',
    "data": json.dumps({"service-name": "istiod.edge.svc", "service-port": "15012"}),
    "root-certificate": "-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n",
}
SERVICE = f"/api/v1/namespaces/{MODEL}/services/istio-gateway-workload"


@dataclasses.dataclass
class Gateway:
    """A unit of istio-gateway, and what one asks about it."""

    deployment: Deployment

    def settle(self, *, pilot: Mapping[str, str] | None = PILOT, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can; without a control plane if that is None."""
        relations = [] if pilot is None else [self.related(pilot)]
        return self.deployment.settle(self.deployment.state(relations=relations, **changes))

    def related(self, databag: Mapping[str, str]) -> testing.Relation:
        """Return the relation to a control plane that wrote this; the same relation each time."""
        return testing.Relation("istio-pilot", id=7, remote_app_name="istio-pilot", remote_app_data=dict(databag))

    def published(self) -> testing.Relation:
        """Return the relation to a control plane of the published charm."""
        return self.related(PUBLISHED)

    def again(self, state: testing.State, **changes: Any) -> testing.State:
        """Return the state after a hook, with changes."""
        state = dataclasses.replace(state, **changes)
        return self.deployment.run(self.deployment.context.on.update_status(), passing(state))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`."""
        return self.again(state, config={**state.config, **options})

    def blocked(self, **options: Any) -> str:
        """Return the message with which options block the unit."""
        status = self.settle(config=options).unit_status
        assert isinstance(status, testing.BlockedStatus), status
        return status.message

    def give_address(self, **address: str) -> None:
        """Let a load balancer give the Service an address."""
        self.service["status"] = {"loadBalancer": {"ingress": [address]}}

    def give_node_ports(self) -> None:
        """Let Kubernetes choose ports of the nodes."""
        for number, port in enumerate(self.service["spec"]["ports"], 30000):
            port["nodePort"] = number

    def told(self, state: testing.State) -> dict[str, str]:
        """Return what the control plane is told."""
        (relation,) = state.get_relations("istio-pilot")
        return dict(relation.local_app_data)

    @property
    def service(self) -> dict[str, Any]:
        """The Service in front of the proxy."""
        return self.deployment.cluster.objects[SERVICE]

    @property
    def pod(self) -> dict[str, Any]:
        """The template of the pods."""
        return self.deployment.stateful_set["spec"]["template"]

    @property
    def container(self) -> dict[str, Any]:
        """The proxy's container in that template."""
        return next(item for item in self.pod["spec"]["containers"] if item["name"] == "proxy")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Gateway]:
    with deployed(CHARM.IstioGateway, ROOT, monkeypatch, tmp_path) as deployment:
        yield Gateway(deployment)
