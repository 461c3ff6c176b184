"""`ingress`: an application asks the gateway for a route.

Format: serialized-data-interface v1 and v2, as istio-pilot 1.28 publishes it. The published gateway writes its
versions alone; ours also says at which address it is found, which readers of the published format pass over.
"""

import dataclasses
import json

import msgspec

from ..codecs import Databag, Versioned
from ..endpoints import Interface


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A route from the gateway to a Service.

    Attributes:
        service: the Service's name.
        port: its port.
        prefix: the paths that it serves begin with this.
        rewrite: replaces the prefix; None leaves it.
        namespace: of the Service; None for the application's model (v2 only).
    """

    service: str
    port: int
    prefix: str
    rewrite: str | None = None
    namespace: str | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where users find the gateway.

    Attributes:
        url: scheme, host and port; empty while the gateway has no address.
    """

    url: str = ""


@dataclasses.dataclass(frozen=True)
class AddressCodec:
    """The gateway's side: the versions it speaks, and `url`."""

    versions: tuple[str, ...] = ("v1", "v2")

    def decode(self, databag: Databag) -> Address:
        """Return the address; without one from a gateway that publishes none."""
        return Address(url=databag.get("url", ""))

    def encode(self, data: Address | None, remote: Databag) -> dict[str, str]:
        """Return versions and address."""
        address = {"url": data.url} if data and data.url else {}
        return {"_supported_versions": json.dumps(list(self.versions)), **address}


INGRESS = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1",)))
INGRESS_PROVIDER = Interface("ingress", provider=AddressCodec(), requirer=Versioned(Route, ("v1", "v2")))
