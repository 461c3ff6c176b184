"""The options of istio-gateway."""

import dataclasses

from kubeflow_charms import option, options


@dataclasses.dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """The options, as charmcraft.yaml describes them."""

    kind: str = option(options.one_of("ingress", "egress"))
    service_type: str = option(options.one_of("LoadBalancer", "NodePort", "ClusterIP"), name="gateway_service_type")
    annotations: dict[str, str] = option(options.pairs)
    memory: str = option(options.quantity)
