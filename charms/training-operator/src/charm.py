#!/usr/bin/env python3
"""Operate Kubeflow's training operator, which runs distributed training jobs in users' namespaces."""

from collections.abc import Iterator
from typing import Any

import training_program
from kubeflow_charms import Charm, Requires, certificates, main
from kubeflow_charms.configuration import gang_scheduling
from kubeflow_charms.interfaces import dashboard_links
from kubeflow_charms.parts import AdmissionPolicies, Crds, Manifests, NetworkPolicy, Part, Ports, Webhooks
from training_options import TrainingOptions

LINK = dashboard_links.Link(
    text="Training jobs",
    link="https://www.kubeflow.org/docs/components/trainer/legacy-v1/",
    location="documentation",
    desc="Distributed training with PyTorch, TensorFlow, MPI, XGBoost, JAX and PaddlePaddle",
)


class TrainingOperator(Charm[TrainingOptions]):
    """The operator, the kinds of job that it runs, and who may make them."""

    programs = (training_program.PROGRAM,)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options, names = self.options, self._names
        yield Crds("crds.yaml", version="1.9.4")
        yield Manifests("roles", "roles.yaml.j2")
        yield AdmissionPolicies("job-fence", "job-fence.yaml.j2")
        yield Ports(training_program.WEBHOOK_PORT, training_program.METRICS_PORT)
        yield NetworkPolicy(
            webhooks=(training_program.WEBHOOK_PORT,),
            internal=(training_program.METRICS_PORT, training_program.HEALTH_PORT),
        )
        yield self.links.send(dashboard_links.Links((LINK,)))
        yield Manifests(
            "certificates",
            "certificates.yaml.j2",
            {
                "account": names.account,
                "certificates": names.certificates,
                "configuration": training_program.CONFIGURATION,
                "secret": training_program.SECRET,
            },
        )
        if options.gang_scheduler:
            gang_scheduling.require(self.run.cluster, self.app.name, options.gang_scheduler)
        certificate = self.webhook_certificate
        yield training_program.workload(options, names, certificate)
        yield Webhooks(
            "webhooks",
            "webhooks.yaml.j2",
            container=training_program.PROGRAM.container,
            context={
                "ca_bundle": certificates.bundle(certificate.authority),
                "kinds": training_program.VALIDATED,
                "port": training_program.WEBHOOK_PORT,
            },
        )

    def role_context(self) -> dict[str, Any]:
        """Return where the operator works, and where and into which webhook configuration it writes its authority."""
        return {
            "outside_profiles": self.options.allow_outside_profiles,
            "certificates": self._names.certificates,
            "configuration": training_program.CONFIGURATION,
        }

    @property
    def _names(self) -> training_program.Names:
        return training_program.Names.of(self.app.name, self.model.name)


if __name__ == "__main__":
    main(TrainingOperator)
