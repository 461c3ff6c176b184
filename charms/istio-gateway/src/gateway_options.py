"""The options of istio-gateway."""

import dataclasses
import re

from kubeflow_charms import option
from kubeflow_charms.configuration import options

ANNOTATION = r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"


def annotations(value: str | None) -> dict[str, str]:
    """Accept `key=value,key=value` whose keys Kubernetes accepts."""
    found = options.pairs(value)
    for key in found:
        if not re.fullmatch(ANNOTATION, key):
            raise ValueError(f"{key!r} is no annotation, expected for example metallb.universe.tf/address-pool=edge")
    return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """The options, as charmcraft.yaml describes them."""

    kind: str = option(options.one_of("ingress", "egress"))
    service_type: str = option(options.one_of("LoadBalancer", "NodePort", "ClusterIP"), name="gateway_service_type")
    annotations: dict[str, str] = option(annotations)
    memory: str = option(options.quantity)
