#!/usr/bin/env python3
"""Operate KServe, which lets trained models answer requests."""

from collections.abc import Iterator

import kserve_controller
import model_metrics
import model_routes
import model_store
import models_web_app
import ops
import served_models
import serving_config
import serving_network
import serving_runtimes
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.engine.cluster import Object
from kubeflow_charms.engine.problems import Problem
from kubeflow_charms.interfaces import dashboard_links, gateway_info, ingress, kubernetes_manifest, object_storage
from kubeflow_charms.interfaces.gateway_info import GatewayInfo
from kubeflow_charms.networking import network
from kubeflow_charms.parts import (
    AdmissionPolicies,
    Crds,
    Held,
    Manifests,
    Message,
    NetworkPolicy,
    Part,
    Ports,
    Webhooks,
)
from kubeflow_charms.parts.callers import gateways
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.relations.secrets import password
from kubeflow_charms.sandbox import authorization
from kubeflow_charms.sandbox.role_bindings import binding
from serving_options import ServingOptions


class Serving(Charm[ServingOptions]):
    """KServe's controller, the program that makes routes to models, and the page."""

    programs = (kserve_controller.PROGRAM, model_routes.PROGRAM, models_web_app.PROGRAM)
    gateway = Requires("gateway-info", gateway_info.GATEWAY_INFO)
    knative = Requires("local-gateway", gateway_info.LOCAL_GATEWAY)
    page = Requires("ingress", ingress.INGRESS)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)
    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)
    user_secrets = Requires("secrets", kubernetes_manifest.KUBERNETES_MANIFEST)
    user_accounts = Requires("service-accounts", kubernetes_manifest.KUBERNETES_MANIFEST)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.list_models_action, self._list_models)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Crds("crds.yaml", version="0.15.2")
        yield Manifests("roles", "roles.yaml.j2")
        yield model_metrics.DASHBOARD
        yield Manifests("logins", "logins.yaml.j2", {"name": model_store.role(self.app.name, self.model.name)})
        yield self._confinement()
        yield Ports(serving_network.WEBHOOKS, serving_network.METRICS, serving_network.PAGES)
        yield Manifests("runtimes", "runtimes.yaml.j2", {"items": serving_runtimes.objects(self._settings)})
        yield self.links.send(models_web_app.LINKS)
        authorization.require(self.run)
        yield from self._page()
        info, knative = self.gateway.one(), self.knative.maybe()
        mode = self.options.mode(related=knative is not None)
        yield self._limits(mode)
        # One that is not related may be in the same model all the same, as the option says.
        platform = knative.gateway_namespace if knative else self.model.name
        yield from self._controller(info, mode, platform)
        yield model_routes.workload(
            info,
            app=self.app.name,
            model=self.model.name,
            platform=platform,
            domain=network.cluster_domain(),
            hosts=self.options.domain,
            monitoring=self.options.monitoring_namespace,
            key=self.secrets.ensure("model-keys", lambda: {"key": password()})["key"],
            read=self.run.source,
        )
        yield from self._store()

    def left_behind(self) -> Iterator[Held]:
        """Yield models: with purge they go, otherwise they go on, and can be deleted without KServe."""
        yield Held(served_models.HELD)

    @property
    def _settings(self) -> serving_runtimes.Settings:
        options = self.options
        return serving_runtimes.Settings(
            images=options.images,
            requests=options.model_requests,
            limits=options.model_limits,
            disabled=options.runtimes_disabled,
            fetch_limits=options.storage_initializer_limits,
            proxy=network.proxy(self.model),
        )

    def _confinement(self) -> AdmissionPolicies:
        """Return what Kubernetes keeps the programs from, whoever asks them."""
        programs = {
            "controller": kserve_controller.PROGRAM.account(self.app.name),
            "routes": model_routes.PROGRAM.account(self.app.name),
        }
        context = {"programs": programs, "labels": served_models.LABELS}
        return AdmissionPolicies("confinement", "confinement.yaml.j2", context)

    def _limits(self, mode: str) -> AdmissionPolicies:
        """Return what is refused of models with a reason, as KServe would pass over it in silence."""
        context = {
            "most": self.options.max_replicas,
            "default": mode,
            "by_knative": serving_config.BY_KNATIVE,
            "modes": [serving_config.STANDARD, serving_config.KNATIVE],
        }
        return AdmissionPolicies("limits", "limits.yaml.j2", context)

    def _page(self) -> Iterator[Part]:
        """Yield the page, its route, and who may ask for it."""
        yield self.page.send(models_web_app.route(self.app.name))
        address = self.page.maybe() or ingress.Address()
        yield NetworkPolicy(
            {serving_network.PAGES: gateways(address.principals)},
            webhooks=(serving_network.WEBHOOKS,),
            internal=serving_network.INTERNAL,
        )
        yield models_web_app.workload(secure_cookies=address.url.startswith("https:"))
        if address.url:
            yield Message(f"{address.url}/serving/NAMESPACE/NAME/")

    @property
    def _logins(self) -> Object:
        """What lets KServe's controller read the login that a model names, in the namespace of every profile."""
        name = model_store.role(self.app.name, self.model.name)
        account = kserve_controller.PROGRAM.account(self.app.name)
        return binding("RoleBinding", "ClusterRole", name, account, self.model.name)

    def _store(self) -> Iterator[Part]:
        """Yield what models need to come from an object store, where one is related."""
        # It reads no bucket itself: models are in those that profiles have folders in.
        yield self.objects.send(object_storage.Reader(secrets=True, buckets=(), profile_logins=True))
        store = self.objects.maybe(lambda said: said.store(self.secrets.granted, profiles=True))
        yield self.user_accounts.send(
            placed_objects.plain(
                [
                    self._logins,
                    *([model_store.account()] if store else []),
                    *([model_store.authority(store)] if store and store.authorities else []),
                ]
            )
        )
        yield self.user_secrets.send_each(
            lambda relation: placed_objects.in_secret(
                [model_store.secret(store, self.model.name)] if store else [],
                relation,
                secrets=self.secrets,
                label="user-secrets",
                keys=model_store.keys(store),
            )
        )

    def _controller(self, info: GatewayInfo, mode: str, platform: str) -> Iterator[Part]:
        options, certificate = self.options, self.webhook_certificate
        configuration = serving_config.data(
            images=options.images,
            requests=options.model_requests,
            limits=options.model_limits,
            fetch_limits=options.storage_initializer_limits,
            gpus=options.gpu_resources,
            gateway=f"{info.gateway_namespace}/{info.gateway_name}",
            domain=network.cluster_domain(),
            mode=mode,
        )
        yield Manifests("configuration", "configuration.yaml.j2", {"name": serving_config.NAME, "data": configuration})
        yield kserve_controller.workload(
            namespace=self.model.name,
            knative=platform,
            started_with=serving_config.at_start(configuration, knative=bool(self.knative.relations)),
            certificate=certificate,
        )
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=kserve_controller.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": serving_network.WEBHOOKS,
                "wanted": serving_network.WANTED,
            },
        )

    def _list_models(self, event: ops.ActionEvent) -> None:
        import yaml

        namespace = event.params.get("namespace", "")
        try:
            services = served_models.found(self.run.cluster, namespace)
            pods = served_models.pods(self.run.cluster, namespace)
        except Problem as problem:
            event.fail("; ".join(problem.told()))
            return
        rows = yaml.safe_dump(served_models.table(services, pods), sort_keys=False)
        event.set_results({"summary": served_models.describe(services), "models": rows})


if __name__ == "__main__":
    main(Serving)
