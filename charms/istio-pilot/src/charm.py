#!/usr/bin/env python3
"""Operate istiod, the control plane of the mesh, and the routes through its gateways."""

import functools
import pathlib
from collections.abc import Iterator

import access
import gateway_tls
import istiod
import mesh
import one_step
import routes
import users_pages
from kubeflow_charms import Blocked, Charm, Provides, Requires, certificates, main
from kubeflow_charms.configuration.images import moved
from kubeflow_charms.configuration.workload_version import workload_version
from kubeflow_charms.engine.cluster import Object
from kubeflow_charms.engine.user_objects import by_place
from kubeflow_charms.interfaces import gateway_info, ingress, ingress_auth, istio_control_plane, tls_certificates
from kubeflow_charms.networking import network
from kubeflow_charms.parts import Crds, LeftBehind, Manifests, Message, NetworkPolicy, Part, Report
from pilot_options import PilotOptions


class IstioPilot(Charm[PilotOptions]):
    """istiod, who may pass its gateways, and what is behind them."""

    programs = (istiod.PROGRAM,)
    gateways = Provides("istio-pilot", istio_control_plane.ISTIO_CONTROL_PLANE)
    ingress = Provides("ingress", ingress.INGRESS_PROVIDER)
    gatekeeper = Provides("ingress-auth", ingress_auth.INGRESS_AUTH)
    gateway_info = Provides("gateway-info", gateway_info.GATEWAY_INFO)
    certified = Requires("certificates", tls_certificates.TLS_CERTIFICATES)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist; who may pass before what there is to pass."""
        step = self._step
        if step.too_far:
            raise Blocked(step.refusal(self.app.name))
        yield Crds("crds.yaml", version="1.30")
        yield Manifests("user-roles", "user-roles.yaml.j2")
        yield from self._control_plane()
        yield from self._guard()
        yield from self._routes()
        yield from self._announcements()
        if rest := step.rest(self.app.name, workload_version(self.charm_dir)):
            yield Message(rest)
        yield from self._entrance()

    def left_behind(self) -> Iterator[LeftBehind]:
        """Yield what istiod makes by itself."""
        yield LeftBehind(lambda: istiod.made(self.run.cluster, self.model.name, self._authority.certificate))

    @functools.cached_property
    def _step(self) -> one_step.Step:
        def revisions() -> list[Object]:
            return by_place(self.run.cluster, "apps/v1", "ControllerRevision", self.model.name)

        return one_step.find(pathlib.Path(self.charm_dir) / ".istio-images", revisions, self.app.name)

    def _control_plane(self) -> Iterator[Part]:
        """Yield istiod with its configuration and webhooks."""
        options = self.options
        document = mesh.mesh(
            namespace=self.model.name,
            others={route.data.namespace for route in self.ingress.readable()[0] if route.data.namespace},
            proxies={gateway.namespace for gateway in self._all_gateways if gateway.namespace},
            discovery=f"{self._host}:{istiod.DISCOVERY_PORT}",
            gatekeeper=self._access.gatekeeper,
            telemetry=options.telemetry,
        )
        yield Manifests("control-plane", "control-plane.yaml.j2", {"mesh": document})
        yield NetworkPolicy(webhooks=(istiod.WEBHOOK_PORT,), internal=(istiod.METRICS_PORT, istiod.READINESS_PORT))
        yield istiod.workload(
            authority=self._authority,
            injection=istiod.injection(self.run.source("injection.yaml"), self._proxy_image, cni=options.cni),
            pod=self.unit.name.replace("/", "-"),
            app=self.app.name,
            namespace=self.model.name,
            telemetry=options.telemetry,
        )
        yield istiod.webhooks(self._authority)

    def _guard(self) -> Iterator[Part]:
        """Yield who may pass the gateway."""
        yield from map(Report, self._access.problems)
        options = self.options
        tls = self._tls.pair is not None
        yield self._access.manifests(options.default_gateway, tls=tls, groups=options.groups)
        yield users_pages.manifests(options.default_gateway)

    def _routes(self) -> Iterator[Part]:
        """Yield what is behind the gateway."""
        requests, problems = self.ingress.readable()
        yield from map(Report, problems)
        found = routes.by_application(requests, self.model.name)
        yield Manifests("routes", "routes.yaml.j2", {"gateway": self.options.default_gateway, "applications": found})

    def _announcements(self) -> Iterator[Part]:
        """Yield what related applications are told, but for the address."""
        _, problems = self.gateways.readable()
        yield from (Report(problem) for problem in problems if isinstance(problem, Blocked))
        yield self.gateways.send(
            istio_control_plane.ControlPlane(
                service_name=self._host,
                service_port=str(istiod.DISCOVERY_PORT),
                root_certificate=self._authority.certificate,
            )
        )
        yield self.gatekeeper.send(None)
        yield self.gateway_info.send(
            gateway_info.GatewayInfo(
                gateway_name=self.options.default_gateway,
                gateway_namespace=self.model.name,
                gateway_up=self._up,
                sidecars_need_rights=not self.options.cni,
                proxy_image=self._proxy_image,
                gateway_principal=next((gateway.principal for gateway in self._ingress_gateways), ""),
            )
        )

    def _entrance(self) -> Iterator[Part]:
        """Yield the Gateway and its address; they stay as they are while its certificate is awaited."""
        tls = self._tls
        yield from tls.parts
        if tls.problem:
            raise tls.problem
        yield Manifests("gateway", "gateway.yaml.j2", {"gateway": self.options.default_gateway, "tls": tls.pair})
        host = tls.host or self._address
        url = f"{'https' if tls.pair else 'http'}://{network.in_url(host)}" if host and self._up else ""
        principals = sorted({gateway.principal for gateway in self._ingress_gateways if gateway.principal})
        yield self.ingress.send(ingress.Address(url=url, principals=tuple(principals)))
        if url:
            yield Message(url)

    @property
    def _proxy_image(self) -> str:
        return self._step.proxy(moved(self.options.proxy_image, self.options.image_registry))

    @functools.cached_property
    def _access(self) -> access.Access:
        unauthenticated = self.options.unauthenticated_access
        return access.decide(self.gatekeeper, unauthenticated=unauthenticated, app=self.app.name)

    @functools.cached_property
    def _tls(self) -> gateway_tls.Tls:
        return gateway_tls.find(
            self.options.tls,
            self.certified,
            self.secrets,
            name=self.options.csr_domain_name,
            address=self._address,
            app=self.app.name,
        )

    @functools.cached_property
    def _all_gateways(self) -> list[istio_control_plane.Gateway]:
        return [item.data for item in self.gateways.readable()[0]]

    @property
    def _ingress_gateways(self) -> list[istio_control_plane.Gateway]:
        return [gateway for gateway in self._all_gateways if gateway.kind == "ingress"]

    @property
    def _address(self) -> str:
        return next((gateway.address for gateway in self._ingress_gateways if gateway.address), "")

    @property
    def _up(self) -> bool:
        return any(gateway.up for gateway in self._ingress_gateways)

    @functools.cached_property
    def _authority(self) -> certificates.Authority:
        return certificates.authority(self.secrets, common_name=f"istiod.{self.model.name}")

    @property
    def _host(self) -> str:
        return f"{istiod.SERVICE}.{self.model.name}.svc"


if __name__ == "__main__":
    main(IstioPilot)
