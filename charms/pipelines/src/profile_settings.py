"""Where a profile's artefacts are, and what else the objects of its namespace depend on."""

import dataclasses

import metadata_store
from kubeflow_charms.configuration.images import moved
from kubeflow_charms.storage.object_store import Store
from namespace_objects import Settings
from pipelines_options import PipelinesOptions

KEY_FORMAT = (
    "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/"
    "{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
)


def settings(options: PipelinesOptions, *, app: str, model: str, store: Store, bucket: str, proofs: str) -> Settings:
    """Return what the objects of users' namespaces depend on.

    Args:
        options: the charm's.
        app: the application.
        model: its model.
        store: where artefacts are.
        bucket: in the store.
        proofs: the key of the proofs that artefact servers ask for.
    """
    # A profile's own login opens upstream's usual folders; elsewhere, all profiles have the same one.
    elsewhere = options.default_pipeline_root or store.path
    return Settings(
        app=app,
        model=model,
        account=options.runner_sa,
        store=dataclasses.replace(store, profile_seed="") if elsewhere else store,
        bucket=bucket,
        root=root(options, store, bucket),
        key_format=key_format(store),
        proofs=proofs,
        archive_logs=options.argo_archive_logs,
        metadata=(metadata_store.SERVICE, metadata_store.SERVICE_PORT),
        images={key: moved(image, options.image_registry) for key, image in options.custom_images.items()},
        visualization=options.visualization_servers,
        api=(f"{options.k8s_service_name}.{model}.svc", options.http_port),
    )


def root(options: PipelinesOptions, store: Store, bucket: str) -> str:
    """Return where launchers put a namespace's artefacts, as a URL with `{namespace}`."""
    folder = "/".join(filter(None, (bucket, store.path)))
    return options.default_pipeline_root or f"minio://{folder}/private-artifacts/{{namespace}}/v2/artifacts"


def key_format(store: Store) -> str:
    """Return where in the bucket Argo puts what pods leave behind; pages and workflows have to agree on it."""
    return "/".join(filter(None, (store.path, KEY_FORMAT)))
