"""`k8s-service` between istio-pilot and its gateways.

Format: serialized-data-interface v1 `service-name` and `service-port`, as istio-pilot publishes it. Ours adds
`root-certificate`, with which the proxy checks the control plane, and the gateway answers with its address.
"""

import dataclasses
import json

import msgspec

from ..relations.codecs import Databag, Flat, Versioned
from ..relations.endpoints import Interface


class ControlPlane(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Where proxies find istiod.

    Attributes:
        service_name: host name of the control plane.
        service_port: of its secured discovery service.
        root_certificate: PEM of the authority that signs the control plane and the proxies; empty if unsaid.
    """

    service_name: str
    service_port: str
    root_certificate: str = ""


class Gateway(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A gateway's proxy.

    Attributes:
        kind: `ingress` or `egress`; its pods have the label `istio: <kind>gateway`.
        address: host name or IP address at which users reach it; empty while there is none.
        principal: the identity that it shows inside the mesh.
        up: whether requests can reach it, with an address or, for a Service inside the cluster, without.
    """

    kind: str
    address: str = ""
    principal: str = ""
    up: bool = False

    @property
    def namespace(self) -> str:
        """The namespace of its pods, as its principal `DOMAIN/ns/NAMESPACE/sa/ACCOUNT` says it; empty if unsaid."""
        found = self.principal.split("/")
        return found[2] if len(found) == 5 else ""


@dataclasses.dataclass(frozen=True)
class ControlPlaneCodec:
    """The published document, and the root certificate as a key of its own."""

    published = Versioned(ControlPlane)

    def decode(self, databag: Databag) -> ControlPlane | None:
        """Return where the control plane is."""
        found = self.published.decode(databag)
        return found and msgspec.structs.replace(found, root_certificate=databag.get("root-certificate", ""))

    def encode(self, data: ControlPlane | None, remote: Databag) -> dict[str, str]:
        """Return the published document and the certificate."""
        if data is None:
            return self.published.encode(None, remote)
        document = {"service-name": data.service_name, "service-port": data.service_port}
        certificate = {"root-certificate": data.root_certificate} if data.root_certificate else {}
        return {**self.published.encode(None, remote), "data": json.dumps(document), **certificate}


@dataclasses.dataclass(frozen=True)
class GatewayCodec:
    """The versions that the published format asks for, and the gateway's plain keys."""

    plain = Flat(Gateway)

    def decode(self, databag: Databag) -> Gateway | None:
        """Return the gateway; None from one that says nothing, as the published charm."""
        return self.plain.decode(databag)

    def encode(self, data: Gateway | None, remote: Databag) -> dict[str, str]:
        """Return versions and keys."""
        return {"_supported_versions": '["v1"]', **self.plain.encode(data, remote)}


ISTIO_CONTROL_PLANE = Interface("k8s-service", provider=ControlPlaneCodec(), requirer=GatewayCodec())
