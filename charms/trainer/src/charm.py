#!/usr/bin/env python3
"""Operate Kubeflow Trainer and JobSet, which run training jobs in users' namespaces."""

from collections.abc import Iterator

import jobset_controller
import trainer_controller
import trainer_network
import trainer_runtimes
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.configuration import gang_scheduling
from kubeflow_charms.interfaces import dashboard_links
from kubeflow_charms.networking import network
from kubeflow_charms.parts import AdmissionPolicies, Crds, Manifests, NetworkPolicy, Part, Ports, Webhooks
from kubeflow_charms.sandbox import authorization
from trainer_options import TrainerOptions

LINK = dashboard_links.Link(
    text="Trainer",
    link="https://www.kubeflow.org/docs/components/trainer/",
    location="documentation",
    desc="Training jobs with PyTorch, JAX, XGBoost, DeepSpeed and MLX, and fine-tuning of large language models",
)
VERSION = "2.3.0"
"""What the SDK is told; the images of charmcraft.yaml have it too."""


class Trainer(Charm[TrainerOptions]):
    """Both controllers, the kinds that users write, and the runtimes that their jobs have."""

    programs = (trainer_controller.PROGRAM, jobset_controller.PROGRAM)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options, app = self.options, self.app.name
        yield Crds("crds.yaml", version="2.3")
        yield Manifests("roles", "roles.yaml.j2")
        yield Manifests("public", "public.yaml.j2", {"version": VERSION})
        yield self._confinement()
        yield Ports(*trainer_network.ASKED, trainer_network.METRICS)
        yield self.links.send(dashboard_links.Links((LINK,)))
        authorization.require(self.run)
        if options.gang_scheduler:
            gang_scheduling.require(self.run.cluster, app, options.gang_scheduler)
        yield NetworkPolicy(webhooks=trainer_network.ASKED, internal=trainer_network.INTERNAL)
        yield Manifests("runtimes", "runtimes.yaml.j2", {"items": trainer_runtimes.objects(self._settings)})
        yield from self._programs()

    @property
    def _settings(self) -> trainer_runtimes.Settings:
        options = self.options
        return trainer_runtimes.Settings(
            images=options.images,
            disabled=options.runtimes_disabled,
            extra=options.extra_runtimes,
            scheduler=options.gang_scheduler,
            proxy=network.proxy(self.model),
        )

    def _confinement(self) -> AdmissionPolicies:
        """Return what Kubernetes keeps the programs from, whoever asks them."""
        programs = {
            "trainer": trainer_controller.PROGRAM.account(self.app.name),
            "jobset": jobset_controller.PROGRAM.account(self.app.name),
        }
        return AdmissionPolicies("confinement", "confinement.yaml.j2", {"programs": programs})

    def _programs(self) -> Iterator[Part]:
        """Yield both controllers, and the webhooks of each once it answers."""
        app, namespace, certificate = self.app.name, self.model.name, self.webhook_certificate
        yield jobset_controller.workload(
            app=app, namespace=namespace, log_level=self.options.log_level, certificate=certificate
        )
        yield trainer_controller.workload(self.options, app=app, namespace=namespace, certificate=certificate)
        for name, container, port in (
            ("jobset-webhooks", jobset_controller.PROGRAM.container, trainer_network.JOBSET_WEBHOOKS),
            ("trainer-webhooks", trainer_controller.PROGRAM.container, trainer_network.TRAINER_WEBHOOKS),
        ):
            context = {
                "ca_bundle": certificates.bundle(certificate.authority),
                "port": port,
                "wanted": trainer_network.WANTED,
            }
            yield Webhooks(name, f"{name}.yaml.j2", container=container, context=context)


if __name__ == "__main__":
    main(Trainer)
