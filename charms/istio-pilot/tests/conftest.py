import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support import issuers
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
ADDRESS = "10.64.140.43"
GATEKEEPER = {
    "service": "oidc-gatekeeper",
    "port": 4180,
    "allowed-request-headers": ["cookie", "authorization"],
    "allowed-response-headers": ["kubeflow-userid", "kubeflow-groups"],
}
GATEWAY = {
    "_supported_versions": '["v1"]',
    "kind": "ingress",
    "address": ADDRESS,
    "principal": "cluster.local/ns/edge/sa/istio-ingressgateway",
    "up": "true",
}


def with_hyphens(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in names.items()}


class Pilot(Unit):
    """A unit of istio-pilot, and whom it is related to."""

    def application(self, name: str, *, version: str = "v1", **route: Any) -> testing.Relation:
        """Return the relation of an application that asks for a route; the same relation each time."""
        return _related("ingress", name, _document(route, version))

    def gatekeeper(self, **changes: Any) -> testing.Relation:
        """Return the relation of a gatekeeper, whose data is sound but for the changes; None leaves a key out."""
        data = {**GATEKEEPER, **with_hyphens(changes)}
        return self.says("ingress-auth", _document({key: value for key, value in data.items() if value is not None}))

    def gateway(self, **changes: str) -> testing.Relation:
        """Return the relation of a gateway that has an address, but for the changes."""
        return self.says("istio-pilot", {**GATEWAY, **changes})

    def says(self, endpoint: str, databag: Mapping[str, str]) -> testing.Relation:
        """Return a relation whose other side wrote exactly this."""
        return _related(endpoint, f"other-{endpoint}", databag)

    def found(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the cluster's objects of a kind, by name."""
        objects = self.deployment.cluster.objects.values()
        return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}

    def routes(self, application: str) -> list[dict[str, Any]]:
        """Return an application's routes."""
        return self.found("VirtualService")[application]["spec"]["http"]

    def actions(self, port: int) -> set[str]:
        """Return the actions of the policies that a request to the gateway's port meets."""
        policies = [item["spec"] for item in self.found("AuthorizationPolicy").values()]
        return {spec["action"] for spec in policies if any(_meets(rule, str(port)) for rule in spec["rules"])}

    @property
    def mesh(self) -> dict[str, Any]:
        """The configuration of the mesh."""
        return json.loads(self.found("ConfigMap")["istio"]["data"]["mesh"])

    @property
    def sidecar(self) -> str:
        """The image of sidecars."""
        return json.loads(self.deployment.files["istiod"]["/var/lib/istio/inject/values"].text)["global"]["proxy"][
            "image"
        ]

    @property
    def servers(self) -> list[dict[str, Any]]:
        """What the Gateway serves; empty if there is none."""
        return [server for item in self.found("Gateway").values() for server in item["spec"]["servers"]]

    @property
    def open_ports(self) -> set[int]:
        """Ports at which a request comes through without a gatekeeper's consent."""
        served = {server["port"]["number"] for server in self.servers if not server.get("tls", {}).get("httpsRedirect")}
        return {port for port in served if not self.actions(port) & {"CUSTOM", "DENY"}}


def _meets(rule: Mapping[str, Any], port: str) -> bool:
    for to in rule.get("to", [{"operation": {}}]):
        operation = to["operation"]
        if port in operation.get("ports", [port]) and port not in operation.get("notPorts", []):
            return True
    return False


def _document(data: Mapping[str, Any], version: str = "v1") -> dict[str, str]:
    return {"_supported_versions": json.dumps([version]), "data": json.dumps(data)}


def _related(endpoint: str, application: str, databag: Mapping[str, str]) -> testing.Relation:
    number = 1 + int.from_bytes(f"{endpoint}{application}".encode(), "big") % 1_000_003
    return testing.Relation(endpoint, id=number, remote_app_name=application, remote_app_data=dict(databag))


@pytest.fixture
def pilot(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Pilot]:
    with unit(Pilot, ROOT, monkeypatch, tmp_path) as found:
        yield found


class Issuer(issuers.Issuer):
    """Issues certificates, and hands them out in user secrets."""

    def secret(self, **changes: str) -> testing.Secret:
        """Return a user secret with a pair, but for the changes."""
        return testing.Secret({**self.pair(), **with_hyphens(changes)})


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer()
