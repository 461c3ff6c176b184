"""`istio-gateway-info`: which Istio Gateway routes belong to.

Format: plain keys, as the library published with istio-pilot writes them.
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
    """

    gateway_name: str
    gateway_namespace: str
    gateway_up: bool = True


GATEWAY_INFO = Interface("istio-gateway-info", provider=Flat(GatewayInfo))
