"""`istio-gateway-info`: which Istio Gateway routes belong to.

Format: plain keys, as the library published with istio-pilot writes them. Ours adds `gateway_principal`,
which readers of the published format pass over.
"""

import msgspec

from ..codecs import Flat
from ..endpoints import Interface


class GatewayInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A Gateway object.

    Attributes:
        gateway_name: its name.
        gateway_namespace: its namespace.
        gateway_up: whether its proxy has an address; absent means that it has.
        gateway_principal: what Istio calls the proxy inside the mesh; empty if unsaid.
    """

    gateway_name: str
    gateway_namespace: str
    gateway_up: bool = True
    gateway_principal: str = ""


GATEWAY_INFO = Interface("istio-gateway-info", provider=Flat(GatewayInfo))
