#!/usr/bin/env python3
"""Operate the controller of Argo Workflows, which runs Kubeflow's pipelines."""

from collections.abc import Iterator

import artefact_repository
import workflow_program
import workflow_settings
from argo_options import ArgoOptions
from kubeflow_charms import Charm, Requires, main
from kubeflow_charms.configuration.images import moved
from kubeflow_charms.interfaces import object_storage, s3
from kubeflow_charms.networking import network
from kubeflow_charms.parts import AdmissionPolicies, Bucket, Crds, Manifests, NetworkPolicy, Part, Ports
from kubeflow_charms.storage.related_store import related


class ArgoController(Charm[ArgoOptions]):
    """The workflow controller, the kinds that it works on, and the store through which steps hand files on."""

    programs = (workflow_program.PROGRAM,)
    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)
    bucket = Requires("s3-credentials", s3.S3)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Crds("crds.yaml", version="3.7.18")
        yield Manifests("roles", "roles.yaml.j2")
        yield AdmissionPolicies("confinement", "confinement.yaml.j2")
        yield Ports(workflow_settings.METRICS_PORT)
        yield NetworkPolicy(internal=(workflow_settings.METRICS_PORT, workflow_program.HEALTH_PORT))
        yield self.objects.send(object_storage.Reader(secrets=True, buckets=(options.bucket,)))
        yield self.bucket.send(s3.Request(bucket=options.bucket))
        store = artefact_repository.qualified(related(self.objects, self.bucket, self.secrets), self.model.name)
        yield Bucket(store, store.bucket or options.bucket)
        name = f"{self.app.name}-configuration"
        settings = workflow_settings.settings(options, store, network.proxy(self.model))
        login = {"name": artefact_repository.LOGIN, "content": artefact_repository.login(store)}
        yield Manifests("configuration", "configuration.yaml.j2", {"name": name, "settings": settings, "login": login})
        yield workflow_program.workload(
            unit=self.unit.name,
            config_map=name,
            executor_image=moved(options.executor_image, options.image_registry),
            settings=settings,
            proxy=network.proxy(self.model),
        )

    def role_context(self) -> dict[str, bool]:
        """Return whether the controller runs workflows in other namespaces than those of profiles."""
        return {"outside_profiles": self.options.allow_outside_profiles}


if __name__ == "__main__":
    main(ArgoController)
