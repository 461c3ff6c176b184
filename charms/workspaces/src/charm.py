#!/usr/bin/env python3
"""Operate Kubeflow Workspaces, version 2 of its notebooks: a controller, a page, and a kind to choose."""

from collections.abc import Iterator, Mapping

import workspace_kinds
import workspaces_backend
import workspaces_controller
import workspaces_frontend
import workspaces_ports
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.interfaces import dashboard_links, gateway_info, ingress
from kubeflow_charms.parts import Crds, Manifests, NetworkPolicy, Part, Ports, Webhooks
from kubeflow_charms.parts.callers import gateways
from kubeflow_charms.parts.left_behind import Held
from kubeflow_charms.sandbox import authorization
from workspaces_options import WorkspacesOptions


class Workspaces(Charm[WorkspacesOptions]):
    """A controller, a page and its back end."""

    programs = (workspaces_controller.PROGRAM, workspaces_backend.PROGRAM, workspaces_frontend.PROGRAM)
    gateway = Requires("gateway-info", gateway_info.GATEWAY_INFO)
    backend = Requires("ingress-backend", ingress.INGRESS)
    frontend = Requires("ingress-frontend", ingress.INGRESS)
    dashboard = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Crds("crds.yaml", version="2.0")
        yield Manifests("roles", "roles.yaml.j2")
        yield Ports(*workspaces_ports.PAGES, workspaces_ports.WEBHOOKS, workspaces_ports.METRICS)
        yield self._guard()
        yield self.dashboard.send(workspaces_ports.LINKS)
        authorization.require(self.run)
        if self.options.built_in_kind:
            items = workspace_kinds.objects(self.options.images, app=self.app.name, namespace=self.model.name)
            yield Manifests("kinds", "kinds.yaml.j2", {"items": items})
        yield from self._pages()
        yield from self._controller()

    def role_context(self) -> Mapping[str, object]:
        """Return whether the page may show Secrets."""
        return {"user_secrets": self.options.user_secrets}

    def left_behind(self) -> Iterator[Held]:
        """Yield the kinds that the controller holds while they are in use."""
        yield Held(workspace_kinds.HELD)

    def _guard(self) -> NetworkPolicy:
        """Return who may ask for pages, which is nobody as long as no gateway says who it is."""
        principals = ingress.browsers(self.backend, self.frontend)
        pages = () if principals is None else workspaces_ports.PAGES
        return NetworkPolicy(
            dict.fromkeys(pages, gateways(principals or ())),
            webhooks=(workspaces_ports.WEBHOOKS,),
            internal=(workspaces_ports.METRICS, workspaces_ports.HEALTH),
        )

    def _pages(self) -> Iterator[Part]:
        """Yield the page, its back end, and their routes."""
        yield self.backend.send(workspaces_ports.backend(self.app.name))
        yield self.frontend.send(workspaces_ports.frontend(self.app.name))
        yield workspaces_backend.workload()
        yield workspaces_frontend.workload()

    def _controller(self) -> Iterator[Part]:
        """Yield the controller, and its webhooks once it answers."""
        info, certificate = self.gateway.one(), self.webhook_certificate
        yield workspaces_controller.workload(
            gateway=f"{info.gateway_namespace}/{info.gateway_name}", certificate=certificate
        )
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=workspaces_controller.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": workspaces_ports.WEBHOOKS,
                "own": workspace_kinds.OWN,
            },
        )


if __name__ == "__main__":
    main(Workspaces)
