#!/usr/bin/env python3
"""Operate an Istio gateway, the Envoy proxy at the edge of the cluster."""

from collections.abc import Iterator

import proxy
from address import address
from gateway_options import GatewayOptions
from kubeflow_charms import Charm, Requires, Waiting, main
from kubeflow_charms.interfaces.istio_control_plane import ISTIO_CONTROL_PLANE, Gateway
from kubeflow_charms.parts import Manifests, Message, Part, Report


class IstioGateway(Charm):
    """The proxy, the Service in front of it, and the address that it got."""

    options_type = GatewayOptions
    pilot = Requires("istio-pilot", ISTIO_CONTROL_PLANE)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield proxy.sandbox(options.kind, options.memory)
        yield Manifests(
            "service",
            "service.yaml.j2",
            {
                "service": self._service,
                "kind": options.kind,
                "service_type": options.service_type,
                "annotations": options.annotations,
            },
        )
        if self.unit.is_leader():
            yield from self._reachability()
        control_plane = self.pilot.one()
        if not control_plane.root_certificate:
            raise Waiting("istio-pilot to publish its root certificate")
        yield proxy.workload(
            control_plane, pod=self.unit.name.replace("/", "-"), app=self.app.name, namespace=self.model.name
        )

    def _reachability(self) -> Iterator[Part]:
        """Yield what tells others, and the operator, where this gateway is."""
        kind = self.options.service_type
        found = address(self.look_up("v1", "Service", self._service)) if kind == "LoadBalancer" else ""
        if found:
            yield Message(found)
        elif kind == "LoadBalancer":
            yield Report(
                Waiting(
                    f"an address for Service {self._service}; if none comes, enable a load balancer: "
                    f"microk8s enable metallb, or run: juju config {self.app.name} gateway_service_type=NodePort"
                )
            )
        yield self.pilot.send(
            Gateway(
                kind=self.options.kind,
                address=found,
                principal=f"cluster.local/ns/{self.model.name}/sa/{self.app.name}",
                up=bool(found) or kind != "LoadBalancer",
            )
        )

    @property
    def _service(self) -> str:
        return f"{self.app.name}-workload"


if __name__ == "__main__":
    main(IstioGateway)
