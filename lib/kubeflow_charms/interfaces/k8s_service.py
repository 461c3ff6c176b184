"""`k8s-service`: an application tells others where one of its Services is.

Two formats are published under this name, of which either is read: serialized-data-interface v1 with `service-name`
and `service-port`, both text (kubeflow-profiles, kfp-api, kfp-viz), and the plain keys `name` and `port` of the
library `k8s_service_info` (mlmd, katib-db-manager). An endpoint writes the one that its published peers read.
"""

import dataclasses
import json

import msgspec

from ..relations.codecs import Databag, Flat, Versioned
from ..relations.endpoints import Interface
from .wire import Host, Port


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A Service of the cluster.

    Attributes:
        name: its name, in the provider's model, or its host name.
        port: where it answers.
    """

    name: Host
    port: Port

    def host(self, namespace: str) -> str:
        """Return the host name for pods of any namespace.

        Args:
            namespace: of a Service that gives its name alone.
        """
        return self.name if "." in self.name else f"{self.name}.{namespace}.svc"


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A Service in the versioned format."""

    service_name: Host
    service_port: Port


class Nothing(msgspec.Struct, frozen=True):
    """Who uses the Service says no more than which versions it speaks."""


VERSIONED, PLAIN = Versioned(Document), Flat(Service)


@dataclasses.dataclass(frozen=True)
class ServiceCodec:
    """The provider's side.

    Attributes:
        versioned: whether it writes the versioned format, or else the plain one.
    """

    versioned: bool = True

    def decode(self, databag: Databag) -> Service | None:
        """Return the Service, in whichever format it is told."""
        if not databag.keys() & {"_supported_versions", "data"}:
            return PLAIN.decode(databag)
        document = VERSIONED.decode(databag)
        return document and Service(name=document.service_name, port=document.service_port)

    def encode(self, data: Service | None, remote: Databag) -> dict[str, str]:
        """Return the keys of this side's format."""
        if not self.versioned:
            return PLAIN.encode(data, remote)
        databag = VERSIONED.encode(None, remote)
        if data is not None:
            databag["data"] = json.dumps({"service-name": data.name, "service-port": str(data.port)})
        return databag


K8S_SERVICE = Interface("k8s-service", provider=ServiceCodec(), requirer=Versioned(Nothing))
K8S_SERVICE_INFO = Interface("k8s-service", provider=ServiceCodec(versioned=False))
