#!/usr/bin/env python3
"""Operate Kubeflow's profiles: a namespace for each user, its roles and contributors, and PodDefaults."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import access_management
import earlier_objects
import ops
import page_authorizer
import platform_dashboard
import poddefaults_webhook
import profile_controller
import profile_documents
import profile_fences
import profile_manifests
import profile_principals
import registry_login
import user_manifests
from kubeflow_charms import Blocked, Charm, Provides, Requires, certificates, main
from kubeflow_charms.interfaces import gateway_info, k8s_service, kubeflow_profiles
from kubeflow_charms.interfaces.kubernetes_manifest import KUBERNETES_MANIFEST
from kubeflow_charms.networking import network
from kubeflow_charms.parts import Crds, Manifests, NetworkPolicy, Part, Ports, Report, Webhooks, callers
from kubeflow_charms.parts.network_policy import no_users
from kubeflow_charms.sandbox import authorization
from profile_actions import Actions, answer
from profiles_options import PROFILE, ProfilesOptions

IMPORT_RENAMED = "this action is called import-profiles now"


class KubeflowProfiles(Charm[ProfilesOptions]):
    """The profile controller, KFAM and the PodDefaults webhook, and the roles that all of Kubeflow adds to."""

    programs = (
        profile_controller.PROGRAM,
        access_management.PROGRAM,
        poddefaults_webhook.PROGRAM,
        profile_manifests.PROGRAM,
        page_authorizer.PROGRAM,
    )
    gateway = Requires("gateway-info", gateway_info.GATEWAY_INFO)
    callers = Provides("kubeflow-profiles", kubeflow_profiles.KUBEFLOW_PROFILES)
    pod_defaults = Provides("pod-defaults", KUBERNETES_MANIFEST)
    user_secrets = Provides("secrets", KUBERNETES_MANIFEST)
    config_maps = Provides("config-maps", KUBERNETES_MANIFEST)
    service_accounts = Provides("service-accounts", KUBERNETES_MANIFEST)
    roles = Provides("roles", KUBERNETES_MANIFEST)
    role_bindings = Provides("role-bindings", KUBERNETES_MANIFEST)
    policies = Provides("authorization-policies", KUBERNETES_MANIFEST)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.create_profile_action, self._create_profile)
        framework.observe(self.on.list_profiles_action, self._list_profiles)
        framework.observe(self.on.add_contributor_action, self._add_contributor)
        framework.observe(self.on.import_profiles_action, self._import_profiles)
        framework.observe(self.on.initialise_from_action, self._import_profiles)
        framework.observe(self.on.apply_labels_action, self._apply_labels)
        framework.observe(self.on.remove_former_profile_action, self._remove_former_profile)
        framework.observe(self.on.show_usage_action, self._show_usage)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        found, placing = self._user_manifests, self._placing
        yield Crds("crds.yaml", version="2.0")
        yield Manifests("roles", "roles.yaml.j2")
        gateways = self.gateway.readable()[0]
        yield from profile_fences.fences(
            PROFILE,
            allow_host_access=options.allow_host_access,
            proxy_image=gateways[0].data.proxy_image if gateways else "",
        )
        yield Ports(access_management.PORT, poddefaults_webhook.PORT, page_authorizer.PORT, options.manager_port)
        yield self._guard([related.data.gateway_principal for related in gateways])
        yield self.callers.send(
            k8s_service.Service(name=f"{self.app.name}.{self.model.name}", port=access_management.PORT)
        )
        yield platform_dashboard.DASHBOARD
        yield from map(Report, found.problems)
        yield from placing.objects()
        authorization.require(self.run)
        if found.complete:
            # Otherwise it goes on with what it has: objects must not go while a secret is awaited.
            yield placing.workload(
                profiles=PROFILE,
                requests=options.quota_default_requests,
                limits=options.quota_default_limits,
                callers=[] if options.allow_between_profiles else no_users(self.run),
                read=self.run.source,
            )
        yield profile_manifests.Placed()
        yield from self._poddefaults()
        principals = self._principals()
        yield page_authorizer.workload(self.run.source, options.cluster_admin)
        for related in gateways:
            yield from page_authorizer.gate(
                app=self.app.name, model=self.model.name, gateway=related.data.gateway_principal
            )
        self._require_sidecars()
        yield profile_controller.workload(
            labels=options.all_labels, principals=principals, metrics_port=options.manager_port
        )
        yield access_management.workload(principals=principals, cluster_admins=options.cluster_admin)

    def role_context(self) -> dict[str, Any]:
        """Return what the placing program may write."""
        return self._placing.role_context()

    def _guard(self, gateways: list[str]) -> NetworkPolicy:
        """Return who may call what, before any of it runs: no proxy of a gateway's as long as none says who it is."""
        port, given = access_management.PORT, self.options.gateway_principal
        return NetworkPolicy(
            {
                port: profile_principals.origins(self.callers.all(), self.model.name),
                page_authorizer.PORT: callers.gateways([given] if given else filter(None, gateways)),
            },
            collected=(port,),
            webhooks=(poddefaults_webhook.PORT,),
            internal=(self.options.manager_port, profile_controller.HEALTH_PORT, profile_manifests.PORT),
        )

    def _poddefaults(self) -> Iterator[Part]:
        certificate = self.webhook_certificate
        yield poddefaults_webhook.workload(certificate)
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=poddefaults_webhook.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "namespaces": PROFILE,
                "port": poddefaults_webhook.PORT,
            },
        )

    @functools.cached_property
    def _user_manifests(self) -> user_manifests.UserManifests:
        endpoints = (
            self.pod_defaults,
            self.user_secrets,
            self.config_maps,
            self.service_accounts,
            self.roles,
            self.role_bindings,
            self.policies,
        )
        found = user_manifests.collect({endpoint.name: endpoint for endpoint in endpoints}, self.secrets.granted)
        login = self.options.registry_secret
        return found.with_secret(registry_login.secret(login)) if login else found

    @property
    def _placing(self) -> profile_manifests.Placing:
        return profile_manifests.Placing(
            self.app.name,
            self.model.name,
            self._user_manifests,
            separate=not self.options.allow_between_profiles,
            reserved=self._reserved,
        )

    @property
    def _reserved(self) -> str:
        return profile_fences.reserved(self.options.reserved_names, network.cluster_domain())

    def _require_sidecars(self) -> None:
        """Refuse a security policy that Istio's sidecars cannot have."""
        found = self.gateway.readable()[0]
        info, application = (found[0].data, found[0].application) if found else (None, "")
        profile_principals.require_sidecars(self.options.security_policy, info, application)

    def _principals(self) -> profile_principals.Principals:
        """Return whom the policies in users' namespaces let in."""
        given = self.options.gateway_principal
        if not given and not self.gateway.relations:
            raise Blocked(
                f"needs a gateway: juju integrate {self.app.name}:gateway-info istio-pilot, "
                f"or juju config {self.app.name} gateway-principal=..."
            )
        return profile_principals.principals(
            gateway=given or profile_principals.gateway(self.gateway.one()),
            callers=self.callers.all(),
            ourselves=self.principal,
        )

    @property
    def _profiles(self) -> Actions:
        return Actions(self.run.cluster, self.app.name, self.model.name)

    def _create_profile(self, event: ops.ActionEvent) -> None:
        def work() -> dict[str, str]:
            profile = profile_documents.profile(
                event.params["name"], event.params["owner"], event.params.get("quota", "")
            )
            return {"profile": profile.name, "changed": json.dumps(self._profiles.create(profile))}

        answer(event, work)

    def _list_profiles(self, event: ops.ActionEvent) -> None:
        def work() -> dict[str, str]:
            import yaml

            former = self._profiles.former.names()
            earlier = earlier_objects.found(self.run.cluster, self._reserved, PROFILE)
            return {
                "profiles": yaml.safe_dump({"profiles": self._profiles.documents()}, sort_keys=False),
                **({"former-profiles": yaml.safe_dump(former)} if former else {}),
                **({"refused-by-now": yaml.safe_dump(earlier, sort_keys=False)} if earlier else {}),
            }

        answer(event, work)

    def _add_contributor(self, event: ops.ActionEvent) -> None:
        def work() -> dict[str, str]:
            given = event.params
            contributor = profile_documents.contributor(given["user"], given.get("role", "edit"))
            return {"changed": json.dumps(self._profiles.add(given["profile"], contributor, self._principals()))}

        answer(event, work)

    def _import_profiles(self, event: ops.ActionEvent) -> None:
        def work() -> dict[str, str]:
            profiles = profile_documents.read(event.params["profiles"])
            changed, same = self._profiles.initialise(profiles, self._principals())
            renamed = {"renamed": IMPORT_RENAMED} if event.handle.kind == "initialise_from_action" else {}
            return {"changed": " ".join(changed), "unchanged": " ".join(same), **renamed}

        answer(event, work)

    def _show_usage(self, event: ops.ActionEvent) -> None:
        answer(event, lambda: {"usage": self._profiles.usage(event.params.get("format", "table"))})

    def _apply_labels(self, event: ops.ActionEvent) -> None:
        def work() -> dict[str, str]:
            self._require_sidecars()
            return {"changed": " ".join(self._profiles.label(self.options.all_labels, PROFILE))}

        answer(event, work)

    def _remove_former_profile(self, event: ops.ActionEvent) -> None:
        name = event.params["name"]
        answer(event, lambda: {"changed": json.dumps(self._profiles.former.remove(name))})


if __name__ == "__main__":
    main(KubeflowProfiles)
