"""Pods that may call a guarded port."""

import dataclasses
from collections.abc import Iterable, Mapping

APP_LABEL = "app.kubernetes.io/name"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Pods that may call.

    Attributes:
        principal: what Istio calls them, `<trust domain>/ns/<namespace>/sa/<service account>`.
        labels: theirs; with its namespace it is what tells them apart where there is no sidecar.
    """

    principal: str
    labels: Mapping[str, str]

    @property
    def namespace(self) -> str:
        """Where they are."""
        return self.principal.split("/")[2]


def gateways(principals: Iterable[str]) -> tuple[Source, ...]:
    """Return the proxies of an ingress gateway, by the label that each such gateway of Istio has."""
    return tuple(Source(principal=it, labels={"istio": "ingressgateway"}) for it in sorted(principals))


def application(principal: str, name: str) -> Source:
    """Return the pods of an application of Juju's, which labels them with its name."""
    return Source(principal=principal, labels={APP_LABEL: name})
