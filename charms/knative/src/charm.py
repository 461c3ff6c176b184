#!/usr/bin/env python3
"""Operate Knative Serving, which runs programs that answer requests, and ends them while nobody asks."""

from collections.abc import Iterator
from typing import Any

import knative_config
import knative_network
import knative_objects
import knative_programs
from knative_images import AUTOSCALER, BUILT_IN
from knative_options import KnativeOptions
from knative_programs import Names, Start
from kubeflow_charms import Charm, Provides, Requires, certificates, main
from kubeflow_charms.interfaces import gateway_info, kubernetes_manifest
from kubeflow_charms.interfaces.gateway_info import GatewayInfo
from kubeflow_charms.interfaces.wire import principal
from kubeflow_charms.networking import network
from kubeflow_charms.parts import (
    AdmissionPolicies,
    Crds,
    Held,
    LeftBehind,
    Manifests,
    NetworkPolicy,
    Part,
    Ports,
    Webhooks,
)
from kubeflow_charms.parts.callers import application, gateways
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.sandbox import authorization
from kubeflow_charms.sandbox.confinement import NAMESPACES, OTHER_NAMESPACES


class Knative(Charm[KnativeOptions]):
    """The controllers, the activator, the autoscaler and the webhook, and the kinds of object that users write."""

    programs = knative_programs.PROGRAMS
    gateway = Requires("gateway-info", gateway_info.GATEWAY_INFO)
    policies = Requires("authorization-policies", kubernetes_manifest.KUBERNETES_MANIFEST)
    local = Provides("local-gateway", gateway_info.LOCAL_GATEWAY)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Crds("crds.yaml", version="1.22.1")
        yield Manifests("roles", "roles.yaml.j2")
        yield Manifests(
            "leases",
            "leases.yaml.j2",
            {"leases": [lease for them in knative_programs.LEASES.values() for lease in them]},
        )
        yield self._confinement()
        yield Ports(
            knative_network.HTTP1,
            knative_network.HTTP2,
            knative_network.WEBHOOKS,
            knative_network.CONTROLLER_METRICS,
            knative_network.ACTIVATOR_METRICS,
            knative_network.WEBHOOK_METRICS,
            knative_network.ISTIO_METRICS,
        )
        yield Manifests(
            "services",
            "services.yaml.j2",
            {
                "name": knative_network.ACTIVATOR_SERVICE,
                "http1": knative_network.HTTP1,
                "http2": knative_network.HTTP2,
            },
        )
        yield self.policies.send(placed_objects.plain([knative_network.counts()]))
        yield self.local.send(GatewayInfo(gateway_name=knative_network.MESH, gateway_namespace=self.model.name))
        authorization.require(self.run)
        info = self.gateway.one()
        yield from self._ways_in(info)
        yield from self._programs()

    def role_context(self) -> dict[str, Any]:
        """Return the leases of each program that elects who works."""
        return {"leases": knative_programs.LEASES}

    def left_behind(self) -> Iterator[Held | LeftBehind]:
        """Yield what users have, which goes with purge or else lets go, and what the autoscaler made."""
        yield Held(knative_objects.HELD)
        yield LeftBehind(lambda: knative_objects.made_by_the_autoscaler(self.model.name))

    @property
    def _names(self) -> Names:
        return Names.of(self.app.name, self.model.name)

    def _confinement(self) -> AdmissionPolicies:
        """Return what Kubernetes keeps two programs from, whoever asks them, and users from outside of profiles."""
        context = {
            "profiles": dict(NAMESPACES["profiles"]),
            "autoscaler": self._names.user(AUTOSCALER),
            "webhook": self._names.user(knative_programs.WEBHOOK),
        }
        return AdmissionPolicies("confinement", "confinement.yaml.j2", context)

    def _ways_in(self, info: GatewayInfo) -> Iterator[Part]:
        """Yield who may ask the activator.

        It asks any Revision for whoever asks it, so only those may that ask who that is: the gateway's proxies.
        """
        asking = gateways([info.gateway_principal] if info.gateway_principal else [])
        autoscaler = application(
            principal(self.model.name, self._names.account(AUTOSCALER)), f"{self.app.name}-autoscaler"
        )
        yield NetworkPolicy(
            dict.fromkeys((knative_network.HTTP1, knative_network.HTTP2), (*asking, autoscaler)),
            webhooks=(knative_network.WEBHOOKS,),
            internal=knative_network.INTERNAL,
        )

    def _programs(self) -> Iterator[Part]:
        names, options, certificate = self._names, self.options, self.webhook_certificate
        configuration = knative_config.data(options.settings, cluster=network.cluster_domain())
        yield Manifests("configuration", "configuration.yaml.j2", {"configuration": configuration})
        yield Manifests(
            "system",
            "system.yaml.j2",
            {
                "system": names.system,
                "domain": network.cluster_domain(),
                "configuration": configuration,
                "accounts": {it: names.account(it) for it in (knative_programs.ACTIVATOR, knative_programs.WEBHOOK)},
                "certificate": certificates.bundle(certificate.certificate),
                "key": certificates.bundle(certificate.key),
                "authority": certificates.bundle(certificate.authority),
            },
        )
        start = Start(
            names=names,
            pod=self.unit.name.replace("/", "-"),
            domain=network.cluster_domain(),
            started_with=knative_config.at_start(configuration),
        )
        image = options.images.of(AUTOSCALER)
        yield Manifests(
            "autoscaler",
            "autoscaler.yaml.j2",
            {
                "image": image,
                "moved": image != BUILT_IN[AUTOSCALER],
                "beside": knative_programs.CONTROLLER,
                "memory": options.memory.get(AUTOSCALER, ""),
                "port": knative_network.AUTOSCALER,
                "metrics": knative_network.AUTOSCALER_METRICS,
                "domain": start.domain,
                "started_with": start.started_with,
                "leases": list(knative_objects.AUTOSCALER_LEASES),
                "others": OTHER_NAMESPACES,
            },
        )
        yield knative_programs.webhook(start)
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=knative_programs.WEBHOOK,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": knative_network.WEBHOOKS,
            },
        )
        yield knative_programs.activator(start, knative_network.address(self.model))
        yield knative_programs.controller(start, network.proxy(self.model))
        yield knative_programs.net_istio(start)


if __name__ == "__main__":
    main(Knative)
