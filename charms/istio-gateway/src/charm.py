#!/usr/bin/env python3
"""Operate an Istio gateway, the Envoy proxy at the edge of the cluster."""

from collections.abc import Iterator

import proxy
from address import address, node_ports
from gateway_options import GatewayOptions
from kubeflow_charms import Charm, Requires, Waiting, main
from kubeflow_charms.engine.cluster import Object, Reference
from kubeflow_charms.interfaces.istio_control_plane import ISTIO_CONTROL_PLANE, ControlPlane, Gateway
from kubeflow_charms.parts import Manifests, Message, NetworkPolicy, Observed, Part, Report


class IstioGateway(Charm[GatewayOptions]):
    """The proxy, the Service in front of it, and the address that it got."""

    programs = (proxy.PROGRAM,)
    pilot = Requires("istio-pilot", ISTIO_CONTROL_PLANE)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist; the proxy before what asks Kubernetes, so that it starts without an answer."""
        yield self._exposure()
        yield NetworkPolicy(internal=(proxy.METRICS_PORT, proxy.ENVOYS_METRICS_PORT))
        yield from self._proxy()
        if self.unit.is_leader():
            yield self._reachability()

    def _exposure(self) -> Part:
        options = self.options
        context = {
            "service": self._service,
            "kind": options.kind,
            "service_type": options.service_type,
            "annotations": options.annotations,
        }
        return Manifests("service", "service.yaml.j2", context)

    def _proxy(self) -> Iterator[Part]:
        """Yield Envoy, once the control plane says where it is."""
        found, problems = self.pilot.readable()
        yield from map(Report, problems)
        if not found:
            return
        control_plane: ControlPlane = found[0].data
        root = control_plane.root_certificate or self._root_in_namespace()
        if not root:
            yield Report(Waiting(f"{found[0].application} to publish its root certificate"))
            return
        pod = self.unit.name.replace("/", "-")
        yield proxy.workload(control_plane, root, pod=pod, app=self.app.name, namespace=self.model.name)

    def _root_in_namespace(self) -> str:
        """Return the root certificate that istiod puts into each namespace; published charms do not send it."""
        found = self.look_up("v1", "ConfigMap", proxy.ROOT_CONFIG_MAP) or {}
        return (found.get("data") or {}).get("root-cert.pem", "")

    def _reachability(self) -> Part:
        """Return what tells others, and the operator, where this gateway is, once the cluster has what was declared."""
        kind = self.options.service_type
        if kind == "ClusterIP":
            return self._announcement("")
        where = address if kind == "LoadBalancer" else node_ports
        service = Reference("v1", "Service", self._service, self.model.name)
        return Observed(service, ready=where, then=self._found)

    def _found(self, service: Object | None) -> Iterator[Part]:
        kind = self.options.service_type
        found = address(service) if kind == "LoadBalancer" else ""
        ports = node_ports(service) if kind == "NodePort" else {}
        if found:
            yield Message(found)
        elif ports:
            yield Message(f"NODE:{ports['http2']} for http, NODE:{ports['https']} for https")
        elif kind == "LoadBalancer":
            yield Report(
                Waiting(
                    f"an address for {self._service}; without one: microk8s enable metallb, "
                    f"or juju config {self.app.name} gateway_service_type=NodePort"
                )
            )
        yield self._announcement(found)

    def _announcement(self, address: str) -> Part:
        up = bool(address) or self.options.service_type != "LoadBalancer"
        return self.pilot.send(Gateway(kind=self.options.kind, address=address, principal=self.principal, up=up))

    @property
    def _service(self) -> str:
        return f"{self.app.name}-workload"


if __name__ == "__main__":
    main(IstioGateway)
