#!/usr/bin/env python3
"""Operate istiod, the control plane of the mesh, and the routes through its gateways."""

import base64
import functools
from collections.abc import Iterator

import istiod
import mesh
import routes
from kubeflow_charms import Blocked, Charm, Problem, Provides, Requires, Waiting, certificates, main
from kubeflow_charms.interfaces import gateway_info, ingress, ingress_auth, istio_control_plane, tls_certificates
from kubeflow_charms.parts import Crds, Manifests, Message, Part, Report, Webhooks
from pilot_options import PilotOptions


class IstioPilot(Charm):
    """istiod, the Gateway with its routes, and the gatekeeper in front of them."""

    options_type = PilotOptions
    gateways = Provides("istio-pilot", istio_control_plane.ISTIO_CONTROL_PLANE)
    ingress = Provides("ingress", ingress.INGRESS_PROVIDER)
    gatekeeper = Provides("ingress-auth", ingress_auth.INGRESS_AUTH)
    gateway_info = Provides("gateway-info", gateway_info.GATEWAY_INFO)
    certified = Requires("certificates", tls_certificates.TLS_CERTIFICATES)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield istiod.sandbox(self.options.memory)
        yield Crds("crds.yaml", version="1.28")
        yield from self._control_plane()
        yield from self._edge()
        yield from self._announcements()

    def _control_plane(self) -> Iterator[Part]:
        options = self.options
        gatekeeper, _ = self._gatekeeper
        document = mesh.mesh(
            namespace=self.model.name,
            discovery=f"{self._host}:{istiod.DISCOVERY_PORT}",
            gatekeeper=gatekeeper,
            telemetry=options.telemetry,
        )
        yield Manifests("control-plane", "control-plane.yaml.j2", {"mesh": document})
        yield istiod.workload(
            authority=self._authority,
            injection=istiod.injection(self.run.source("injection.yaml"), options.proxy_image),
            pod=self.unit.name.replace("/", "-"),
            app=self.app.name,
            namespace=self.model.name,
            telemetry=options.telemetry,
        )
        bundle = base64.b64encode(self._authority.certificate.encode()).decode()
        yield Webhooks("webhooks", "webhooks.yaml.j2", container="istiod", context={"ca_bundle": bundle})

    def _edge(self) -> Iterator[Part]:
        """Yield the Gateway, who may pass it, and what is behind it."""
        gatekeeper, problems = self._gatekeeper
        requests, silent = self.ingress.readable()
        yield from (Report(problem) for problem in (*problems, *silent))
        certifying, tls = self._tls
        yield from certifying
        yield Manifests(
            "edge",
            "edge.yaml.j2",
            {
                "gateway": self.options.default_gateway,
                "access": self._access,
                "identity_headers": mesh.identity_headers(gatekeeper),
                "tls": tls,
                "applications": routes.by_application(requests, self.model.name),
            },
        )

    def _announcements(self) -> Iterator[Part]:
        """Yield what related applications are told."""
        scheme = "https" if self._tls[1] else "http"
        url = f"{scheme}://{self._address}" if self._address else ""
        yield self.gateways.send(
            istio_control_plane.ControlPlane(
                service_name=self._host,
                service_port=str(istiod.DISCOVERY_PORT),
                root_certificate=self._authority.certificate,
            )
        )
        yield self.ingress.send(ingress.Address(url=url))
        yield self.gatekeeper.send(None)
        yield self.gateway_info.send(
            gateway_info.GatewayInfo(
                gateway_name=self.options.default_gateway,
                gateway_namespace=self.model.name,
                gateway_up=any(gateway.up for gateway in self._ingress_gateways),
            )
        )
        if url:
            yield Message(url)

    @functools.cached_property
    def _gatekeeper(self):
        """The gatekeeper, and what is wrong with it or its relation."""
        found, problems = self.gatekeeper.readable()
        if not found and not problems and not self.options.unauthenticated_access:
            problems = (
                Waiting(f"a gatekeeper, the gateway is shut: juju integrate {self.app.name}:ingress-auth APPLICATION"),
            )
        return (found[0].data if found else None), problems

    @property
    def _access(self) -> str:
        """Whether the gateway asks the gatekeeper, is open, or shut because the gatekeeper is missing or broken."""
        gatekeeper, problems = self._gatekeeper
        if gatekeeper:
            return "asked"
        return "shut" if problems else "open"

    @functools.cached_property
    def _tls(self) -> tuple[tuple[Part, ...], dict[str, str] | None]:
        """What has to be done for the gateway's certificate, and the certificate with its key, if there is one."""
        given, related = self.options.tls, self.certified.relations
        if given and related:
            raise Blocked("two certificates: unset tls-secret-id, or remove the relation certificates")
        name = self.options.csr_domain_name or self._address
        if not related:
            return (), given
        if not name:
            return (Report(Waiting("the gateway's address, to have it certified; or set csr-domain-name")),), None
        asked = tls_certificates.ask(self.certified, self.secrets, "gateway-certificate", [name])
        try:
            certificate = asked.certificate()
        except Problem as problem:
            return (asked, Report(problem)), None
        return (asked,), {"tls-crt": certificate.certificate, "tls-key": certificate.key}

    @functools.cached_property
    def _ingress_gateways(self) -> list[istio_control_plane.Gateway]:
        return [item.data for item in self.gateways.readable()[0] if item.data.kind == "ingress"]

    @property
    def _address(self) -> str:
        return next((gateway.address for gateway in self._ingress_gateways if gateway.address), "")

    @functools.cached_property
    def _authority(self) -> certificates.Authority:
        return certificates.authority(self.secrets, common_name=f"istiod.{self.model.name}")

    @property
    def _host(self) -> str:
        return f"{istiod.SERVICE}.{self.model.name}.svc"


if __name__ == "__main__":
    main(IstioPilot)
