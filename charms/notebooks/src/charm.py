#!/usr/bin/env python3
"""Operate Kubeflow's notebooks: servers, volumes and TensorBoards, and the pages for them."""

import datetime
import pathlib
from collections.abc import Iterator

import bucket_access
import gpu_holders
import idle_servers
import jupyter_web_app
import notebook_controller
import notebook_gpus
import notebook_pages
import ops
import proxy_access
import pvcviewer_controller
import routes_domain
import tensorboard_controller
import tensorboards_web_app
import volumes_web_app
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.engine.cluster import Object, Reference
from kubeflow_charms.engine.problems import Blocked, Waiting
from kubeflow_charms.engine.user_objects import EVERYWHERE, list_all
from kubeflow_charms.interfaces import (
    dashboard_links,
    gateway_info,
    ingress,
    kubeflow_profiles,
    kubernetes_manifest,
    object_storage,
)
from kubeflow_charms.networking import network
from kubeflow_charms.parts import AdmissionPolicies, Crds, Manifests, Message, NetworkPolicy, Part, Ports, Webhooks
from kubeflow_charms.parts.callers import gateways
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.sandbox import authorization
from notebooks_options import NotebooksOptions


class Notebooks(Charm[NotebooksOptions]):
    """Three controllers and three pages."""

    programs = (
        notebook_controller.PROGRAM,
        jupyter_web_app.PROGRAM,
        volumes_web_app.PROGRAM,
        pvcviewer_controller.PROGRAM,
        tensorboard_controller.PROGRAM,
        tensorboards_web_app.PROGRAM,
    )
    gateway = Requires("gateway-info", gateway_info.GATEWAY_INFO)
    jupyter = Requires("ingress-jupyter", ingress.INGRESS)
    volumes = Requires("ingress-volumes", ingress.INGRESS)
    tensorboards = Requires("ingress-tensorboards", ingress.INGRESS)
    dashboard = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)
    profiles = Requires("kubeflow-profiles", kubeflow_profiles.KUBEFLOW_PROFILES)
    policies = Requires("authorization-policies", kubernetes_manifest.KUBERNETES_MANIFEST)
    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)
    pod_defaults = Requires("pod-defaults", kubernetes_manifest.KUBERNETES_MANIFEST)
    user_secrets = Requires("secrets", kubernetes_manifest.KUBERNETES_MANIFEST)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.list_gpus_action, self._list_gpus)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Crds("crds.yaml", version="1.11")
        yield Manifests("roles", "roles.yaml.j2")
        yield AdmissionPolicies("limits", "limits.yaml.j2", {"most": options.most, "volume": options.volume_size_max})
        yield Ports(*notebook_pages.PORTS, pvcviewer_controller.WEBHOOK_PORT)
        yield from self._guard()
        yield self.dashboard.send(notebook_pages.LINKS)
        yield self.profiles.send(kubeflow_profiles.Caller(role=kubeflow_profiles.NOTEBOOKS, principal=self.principal))
        authorization.require(self.run)
        yield from routes_domain.parts(self.run, options.cluster_domain or network.cluster_domain())
        yield from self._pages()
        yield from self._controllers()
        yield from self._bucket()

    def _guard(self) -> Iterator[Part]:
        """Yield who may ask for pages, which is nobody as long as no gateway says who it is."""
        principals = ingress.browsers(self.jupyter, self.volumes, self.tensorboards)
        asked = (pvcviewer_controller.WEBHOOK_PORT,)
        pages = () if principals is None else notebook_pages.PORTS
        yield NetworkPolicy(
            dict.fromkeys(pages, gateways(principals or ())),
            collected=pages,
            webhooks=asked,
            internal=tuple(
                port
                for controller in (notebook_controller, pvcviewer_controller, tensorboard_controller)
                for port in (controller.METRICS_PORT, controller.HEALTH_PORT)
            ),
        )

    def _pages(self) -> Iterator[Part]:
        """Yield the pages and their routes."""
        options, addresses = self.options, []
        for endpoint, page in (
            (self.jupyter, jupyter_web_app),
            (self.volumes, volumes_web_app),
            (self.tensorboards, tensorboards_web_app),
        ):
            yield endpoint.send(notebook_pages.route(self.app.name, page.PREFIX, page.PORT))
            addresses.append(endpoint.maybe() or ingress.Address())
        secure = [self._secure(address) for address in addresses]
        yield volumes_web_app.workload(options.images.viewer, secure_cookies=secure[1])
        yield tensorboards_web_app.workload(secure_cookies=secure[2])
        gpus = self._gpus()
        yield jupyter_web_app.workload(options, gpus, secure_cookies=secure[0])
        yield Message(notebook_gpus.describe(gpus))

    def _controllers(self) -> Iterator[Part]:
        options, info, certificate = self.options, self.gateway.one(), self.webhook_certificate
        gateway = f"{info.gateway_namespace}/{info.gateway_name}"
        culling = options.enable_culling and bool(self.policies.relations)
        yield self.policies.send(placed_objects.plain([idle_servers.policy()] if culling else []))
        if culling:
            controller = f"system:serviceaccount:{self.model.name}:{notebook_controller.PROGRAM.account(self.app.name)}"
            yield idle_servers.others_go_on(controller, options.cull_others_time)
            yield idle_servers.told(options.cull_idle_time, options.cull_others_time)
        yield notebook_controller.workload(options, namespace=self.model.name, gateway=gateway, culling=culling)
        if options.enable_culling and not culling:
            yield idle_servers.unasked(self.app.name)
        yield tensorboard_controller.workload(
            gateway=gateway, image=options.images.tensorboard, follow_volumes=options.rwo_pvc_scheduling
        )
        yield pvcviewer_controller.workload(
            gateway=gateway, viewer_image=options.images.viewer, certificate=certificate
        )
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=pvcviewer_controller.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": pvcviewer_controller.WEBHOOK_PORT,
            },
        )

    def _bucket(self) -> Iterator[Part]:
        """Yield what users get to read an object store, where one is related."""
        # It reads no bucket itself: where profiles have logins of their own, users have these.
        yield self.objects.send(object_storage.Reader(secrets=True, buckets=()))
        store, own = self.objects.maybe(lambda said: (said.store(self.secrets.granted), bool(said.profile_logins))) or (
            None,
            False,
        )
        proxy = network.proxy(self.model, pods_of=proxy_access.NAMESPACE)
        yield self.pod_defaults.send(
            placed_objects.plain(
                [
                    *([bucket_access.pod_default(store, self.model.name, own_logins=own)] if store else []),
                    *([proxy_access.pod_default(proxy)] if proxy else []),
                ]
            )
        )
        yield self.user_secrets.send_each(
            lambda relation: placed_objects.in_secret(
                [bucket_access.secret(store)] if store and not own else [],
                relation,
                secrets=self.secrets,
                label="user-secrets",
            )
        )

    def _gpus(self) -> tuple[notebook_gpus.Gpu, ...]:
        """Return the GPUs that the cluster has, as of some minutes ago."""
        return notebook_gpus.recent(pathlib.Path(self.charm_dir) / ".gpus", self._nodes)

    def _nodes(self) -> list[Object]:
        """Return all nodes; costs a Kubernetes call."""
        return list_all(self.run.cluster, Reference("v1", "Node", "list"))

    def _secure(self, address: ingress.Address) -> bool:
        given = self.options.secure_cookies
        return given == "true" if given != "auto" else address.url.startswith("https:")

    def _list_gpus(self, event: ops.ActionEvent) -> None:
        import yaml

        try:
            gpus = notebook_gpus.found(self._nodes())
            pods = list_all(self.run.cluster, Reference("v1", "Pod", "list", EVERYWHERE))
            servers = list_all(self.run.cluster, Reference("kubeflow.org/v1", "Notebook", "list", EVERYWHERE))
            profiles = list_all(self.run.cluster, Reference("kubeflow.org/v1", "Profile", "list"))
        except (Blocked, Waiting) as problem:
            event.fail(str(problem))
            return
        rows = notebook_gpus.table(gpus, notebook_gpus.used(pods))
        now = datetime.datetime.now(datetime.UTC)
        holders = gpu_holders.holders(pods, servers, profiles, now)
        event.set_results(
            {
                "summary": notebook_gpus.describe(gpus),
                "gpus": yaml.safe_dump(rows, sort_keys=False),
                "in-use": yaml.safe_dump(holders, sort_keys=False),
            }
        )


if __name__ == "__main__":
    main(Notebooks)
