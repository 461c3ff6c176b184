"""What pyright has to find wrong in a charm; `lint` fails if it finds one of these right. Nothing here is run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

import dataclasses
from collections.abc import Iterator

from kubeflow_charms import Charm, Provides, Requires
from kubeflow_charms.interfaces import ingress, k8s_service
from kubeflow_charms.parts import Part


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a charm."""

    port: int


class Wrong(Charm[Options]):
    """A charm with mistakes."""

    gateway = Requires("ingress", ingress.INGRESS)
    api = Provides("kfp-api", k8s_service.K8S_SERVICE)

    def plan(self) -> Iterator[Part]:
        """Yield what should not be."""
        yield self.api.send(42)  # pyright: ignore[reportArgumentType]
        yield self.api.send(ingress.Address())  # pyright: ignore[reportArgumentType]
        yield self.gateway.send(ingress.Route(service="a", port=self.options.prot, prefix="/a"))  # pyright: ignore[reportAttributeAccessIssue]
        print(self.gateway.one().ulr)  # pyright: ignore[reportAttributeAccessIssue]
        print(self.gateway.one(lambda said: said.ulr))  # pyright: ignore[reportAttributeAccessIssue]
        print(self.gateway.one(lambda said: said.url).port)  # pyright: ignore[reportAttributeAccessIssue]
