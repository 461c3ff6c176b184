"""`ingress`: an application asks the gateway for a route.

Format: serialized-data-interface v1 and v2, as istio-pilot 1.28 publishes it. The published gateway writes its
versions alone; ours also says at which address it is found and who it is inside the mesh, or that it will, which
readers of the published format pass over.
"""

import dataclasses
import json
from typing import Annotated

import msgspec
from msgspec import Meta

from ..relations.codecs import Databag, Versioned, convert
from ..relations.endpoints import BoundEndpoint, Interface
from .wire import Host, Port, Principal

VERSIONS = "_supported_versions"
TELLS = "tells-principals"
"""The key by which a gateway of ours that has no proxy yet is told from a published one."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A route from the gateway to a Service.

    Attributes:
        service: the Service's name.
        port: its port.
        prefix: the paths that it serves begin with this.
        rewrite: replaces the prefix; None, or nothing, leaves it.
        namespace: of the Service; None for the application's model (v2 only).
    """

    service: Host
    port: Port
    prefix: Annotated[str, Meta(pattern=r"^/[^\s?#]*$")]
    rewrite: Annotated[str, Meta(pattern=r"^(/[^\s?#]*)?$")] | None = None
    namespace: str | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where users find the gateway.

    Attributes:
        url: scheme, host and port; empty while the gateway has no address.
        principals: the identities that its proxies show inside the mesh; none as long as it does not say.
        mute: it is a published gateway, which never says who it is.
    """

    url: str = ""
    principals: tuple[Principal, ...] = ()
    mute: bool = False


@dataclasses.dataclass(frozen=True)
class AddressCodec:
    """The gateway's side: the versions it speaks, `url`, and `principals` separated by spaces."""

    versions: tuple[str, ...] = ("v1", "v2")

    def decode(self, databag: Databag) -> Address:
        """Return the address; without one from a gateway that publishes none."""
        principals = databag.get("principals", "").split()
        mute = VERSIONS in databag and not databag.keys() & {"url", "principals", TELLS}
        return convert({"url": databag.get("url", ""), "principals": principals, "mute": mute}, Address)

    def encode(self, data: Address | None, remote: Databag) -> dict[str, str]:
        """Return versions, address and identities."""
        found = {"url": data.url, "principals": " ".join(data.principals)} if data else {}
        said = {key: value for key, value in found.items() if value}
        return {VERSIONS: json.dumps(list(self.versions)), TELLS: "true", **said}


def browsers(*endpoints: BoundEndpoint) -> frozenset[str] | None:
    """Return the identities of the proxies through which browsers come; None if a gateway never says who it is.

    What is wrong with a relation, or missing, lets nobody in; `BoundEndpoint.maybe` says it.

    Args:
        *endpoints: requirers of `ingress`.
    """
    found = [item.data for endpoint in endpoints for item in endpoint.readable()[0]]
    if any(address.mute for address in found):
        return None
    return frozenset(principal for address in found for principal in address.principals)


INGRESS = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1",)))
INGRESS_PROVIDER = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1", "v2")))
