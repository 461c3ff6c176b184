"""`ingress`: an application asks the gateway for a route.

Format: serialized-data-interface v1 and v2, as istio-pilot 1.28 publishes it. The published gateway writes its
versions alone; ours also says at which address it is found and who it is inside the mesh, which readers of the
published format pass over.
"""

import dataclasses
import json
from typing import Annotated

import msgspec
from msgspec import Meta

from ..codecs import Databag, Versioned, convert
from ..endpoints import Interface
from .wire import Host, Port, Principal


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
    """

    url: str = ""
    principals: tuple[Principal, ...] = ()


@dataclasses.dataclass(frozen=True)
class AddressCodec:
    """The gateway's side: the versions it speaks, `url`, and `principals` separated by spaces."""

    versions: tuple[str, ...] = ("v1", "v2")

    def decode(self, databag: Databag) -> Address:
        """Return the address; without one from a gateway that publishes none."""
        return convert({"url": databag.get("url", ""), "principals": databag.get("principals", "").split()}, Address)

    def encode(self, data: Address | None, remote: Databag) -> dict[str, str]:
        """Return versions, address and identities."""
        found = {"url": data.url, "principals": " ".join(data.principals)} if data else {}
        said = {key: value for key, value in found.items() if value}
        return {"_supported_versions": json.dumps(list(self.versions)), **said}


INGRESS = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1",)))
INGRESS_PROVIDER = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1", "v2")))
