#!/usr/bin/env python3
"""Operate Katib, which tunes hyper-parameters by trials in users' namespaces."""

import pathlib
from collections.abc import Iterator
from typing import Any

import experiment_clean_up
import katib_config
import katib_controller
import katib_database
import katib_db_manager
import katib_experiments
import katib_network
import katib_ui
import ops
import own_trials
import trial_kinds
import trial_templates
from katib_options import KatibOptions
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.engine.problems import Problem
from kubeflow_charms.interfaces import dashboard_links, ingress, kubernetes_manifest, mysql_client, postgresql_client
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
from kubeflow_charms.parts.webhooks import UNLESS_DELETED
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.sandbox import authorization
from kubeflow_charms.sandbox.role_bindings import binding

MADE = {"apps": ["deployments"], "batch": ["cronjobs", "jobs"], "rbac.authorization.k8s.io": ["rolebindings", "roles"]}
"""What the controller makes in users' namespaces beside trials of other kinds, by API group."""


class Katib(Charm[KatibOptions]):
    """The controller, the database manager and the page, and the kinds of object that users write."""

    programs = (katib_controller.PROGRAM, katib_db_manager.PROGRAM, katib_ui.PROGRAM)
    mysql = Requires("relational-db", mysql_client.MYSQL_CLIENT)
    postgresql = Requires("relational-db-postgresql", postgresql_client.POSTGRESQL_CLIENT)
    gateway = Requires("ingress", ingress.INGRESS)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)
    role_bindings = Requires("role-bindings", kubernetes_manifest.KUBERNETES_MANIFEST)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.list_experiments_action, self._list_experiments)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Crds("crds.yaml", version="0.19", defaults=options.experiment_defaults)
        yield Manifests("roles", "roles.yaml.j2")
        yield self._confinement()
        yield self._configuration()
        yield Ports(katib_network.WEBHOOKS, katib_network.METRICS, katib_network.PAGES)
        yield self.mysql.send(mysql_client.Request(database=katib_database.NAME))
        yield self.postgresql.send(postgresql_client.Request(database=katib_database.NAME))
        yield self.links.send(katib_ui.LINKS)
        authorization.require(self.run)
        yield from own_trials.parts(self.run)
        yield from self._page()
        yield from self._controller()
        if options.experiment_ttl:
            yield experiment_clean_up.CleanUp(options.experiment_ttl, pathlib.Path(self.charm_dir) / ".clean-up")
        yield from self._database_manager()

    def role_context(self) -> dict[str, Any]:
        """Return which kinds a trial may be, and what the page may do outside of profiles, too."""
        return {
            "trials": katib_controller.trials(self.options.trial_resources),
            "everywhere": [] if self.role_bindings.relations else katib_ui.RIGHTS,
        }

    def left_behind(self) -> Iterator[Held]:
        """Yield what the controller holds: with purge it goes, otherwise it can be deleted without Katib."""
        yield Held(katib_experiments.HELD)

    def _confinement(self) -> AdmissionPolicies:
        """Return what Kubernetes keeps the controller from, whoever asks it."""
        kinds = (*trial_kinds.TRAINING, *trial_kinds.TRAINER, *self.options.trial_resources)
        made = {group: list(resources) for group, resources in MADE.items()}
        for kind in kinds:
            made.setdefault(kind.group, []).append(kind.resource)
        return AdmissionPolicies(
            "confinement",
            "confinement.yaml.j2",
            {
                "account": katib_controller.PROGRAM.account(self.app.name),
                "made": made,
                "templates": trial_templates.NAME,
                "unless_deleted": UNLESS_DELETED,
                "wanted": katib_network.WANTED,
            },
        )

    def _configuration(self) -> Manifests:
        """Return what the controller and the page ask Kubernetes for."""
        options = self.options
        runtime = katib_config.runtime(options.settings)
        return Manifests(
            "configuration",
            "configuration.yaml.j2",
            {
                "name": katib_config.NAME,
                "key": katib_config.KEY,
                "text": katib_config.document(runtime=runtime),
                "templates_name": trial_templates.NAME,
                "templates": trial_templates.templates(options.images, options.trial_templates),
            },
        )

    def _page(self) -> Iterator[Part]:
        """Yield the page, its route, and who may ask for it."""
        yield self.gateway.send(katib_ui.route(self.app.name))
        address = self.gateway.maybe() or ingress.Address()
        yield NetworkPolicy(
            {katib_network.PAGES: gateways(address.principals)},
            webhooks=(katib_network.WEBHOOKS,),
            internal=(katib_network.METRICS, katib_network.HEALTH),
        )
        context = {
            "gateways": sorted({source.namespace for source in gateways(address.principals)}),
            "prefix": katib_ui.PATH,
            "paths": katib_ui.PATHS,
        }
        yield Manifests("page-fence", "page-fence.yaml.j2", context)
        role = katib_ui.role(self.app.name, self.model.name)
        yield Manifests(
            "page-rights",
            "page-rights.yaml.j2",
            {"name": role, "rights": katib_ui.RIGHTS},
        )
        account = katib_ui.PROGRAM.account(self.app.name)
        bound = binding("RoleBinding", "ClusterRole", role, account, self.model.name)
        yield self.role_bindings.send(placed_objects.plain([bound]))
        yield katib_ui.workload(self.model.name)
        if address.url:
            yield Message(f"{address.url}{katib_ui.PATH}")

    def _controller(self) -> Iterator[Part]:
        certificate = self.webhook_certificate
        kinds = trial_kinds.known(
            pathlib.Path(self.charm_dir) / ".trial-kinds",
            self.options.trial_resources,
            lambda definition: self.run.cluster.get(definition) is not None,
        )
        yield katib_controller.workload(
            app=self.app.name, namespace=self.model.name, kinds=kinds, certificate=certificate
        )
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=katib_controller.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": katib_network.WEBHOOKS,
                "wanted": katib_network.WANTED,
            },
        )

    def _database_manager(self) -> Iterator[Part]:
        """Yield what keeps the numbers of trials, and the Service by which they find it."""
        yield Manifests(
            "service", "service.yaml.j2", {"name": katib_network.SERVICE, "port": katib_network.DATABASE_MANAGER}
        )
        database = katib_database.related(self.mysql, self.postgresql, self.secrets)
        yield katib_db_manager.workload(database, self.options.database_timeout)

    def _list_experiments(self, event: ops.ActionEvent) -> None:
        import yaml

        try:
            experiments = katib_experiments.found(self.run.cluster, event.params.get("namespace", ""))
        except Problem as problem:
            event.fail("; ".join(problem.told()))
            return
        rows = yaml.safe_dump(katib_experiments.table(experiments), sort_keys=False)
        event.set_results({"summary": katib_experiments.describe(experiments), "experiments": rows})


if __name__ == "__main__":
    main(Katib)
