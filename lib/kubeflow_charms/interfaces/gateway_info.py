"""`istio-gateway-info`: which Istio Gateway routes belong to.

Format: plain keys, as the library published with istio-pilot writes them. Ours adds `gateway_principal`,
`sidecars_need_rights` and `proxy_image`, which readers of the published format pass over.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from ..relations.codecs import Flat
from ..relations.endpoints import Interface


class GatewayInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A Gateway object.

    Attributes:
        gateway_name: its name.
        gateway_namespace: its namespace.
        gateway_up: whether its proxy has an address; absent means that it has.
        gateway_principal: what Istio calls the proxy inside the mesh; empty if unsaid.
        sidecars_need_rights: whether pods with a sidecar ask for what the Pod Security Standard baseline refuses.
        proxy_image: of sidecars, and of what redirects a pod's traffic to one; empty if unsaid.
    """

    gateway_name: str
    gateway_namespace: str
    gateway_up: bool = True
    gateway_principal: Annotated[str, Meta(pattern=r"^([a-z0-9.-]+/ns/[a-z0-9-]+/sa/[a-z0-9.-]+)?$")] = ""
    sidecars_need_rights: bool = False
    proxy_image: Annotated[str, Meta(pattern=r"^[-A-Za-z0-9._/:@]*$")] = ""


GATEWAY_INFO = Interface("istio-gateway-info", provider=Flat(GatewayInfo))
LOCAL_GATEWAY = Interface("serving-local-gateway", provider=Flat(GatewayInfo))
"""Likewise, by which Knative says where it is, and what leads to its Services in the cluster."""
