import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.deployment import MODEL, passing
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
PUBLISHED = {"_supported_versions": "- v1\n", "data": "service-name: istiod.edge.svc\nservice-port: '15012'\n"}
PILOT = {
    "_supported_versions": '["v1"]',
    "data": json.dumps({"service-name": "istiod.edge.svc", "service-port": "15012"}),
    "root-certificate": "-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n",
}
SERVICE = f"/api/v1/namespaces/{MODEL}/services/istio-gateway-workload"


class Gateway(Unit):
    """A unit of istio-gateway."""

    def state(
        self, *relations: testing.RelationBase, pilot: Mapping[str, str] | None = PILOT, **changes: Any
    ) -> testing.State:
        """Return the state of a unit before its first event; without a control plane if that is None."""
        return super().state(*relations, *([] if pilot is None else [self.related(pilot)]), **changes)

    def related(self, databag: Mapping[str, str]) -> testing.Relation:
        """Return the relation to a control plane that wrote this; the same relation each time."""
        return testing.Relation("istio-pilot", id=7, remote_app_name="istio-pilot", remote_app_data=dict(databag))

    def published(self) -> testing.Relation:
        """Return the relation to a control plane of the published charm."""
        return self.related(PUBLISHED)

    def again(self, state: testing.State, *relations: testing.RelationBase, **changes: Any) -> testing.State:
        """Return the state after one hook, with changes."""
        state = dataclasses.replace(state, **changes)
        return self.deployment.run(self.deployment.context.on.update_status(), passing(state))

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
    with unit(Gateway, ROOT, monkeypatch, tmp_path) as found:
        yield found
