"""How profile-sync is started: our own program that says what a profile's namespace needs for pipelines.

It answers Metacontroller of the same pod alone, as its answers hold the object store's login.
"""

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import sync_objects
from kubeflow_charms.cluster import Cluster, Reference
from kubeflow_charms.object_store import Store
from kubeflow_charms.ownership import APP, MODEL
from kubeflow_charms.parts import File, Sandbox, TcpCheck, Workload
from kubeflow_charms.user_objects import list_all
from pipelines_network import ENABLED, SYNC
from pipelines_options import PipelinesOptions
from pipelines_ui import KEY_FORMAT

CONTAINER = "profile-sync"
FOLDER = "/srv/profile-sync"
PROGRAMS = ("sync_server.py", "sync_objects.py")
DECORATOR = "kubeflow-pipelines-profile-controller"
"""The DecoratorController of profile-objects.yaml.j2."""
MARK = "metacontroller.k8s.io/decorator-controller"
"""The annotation with which Metacontroller marks what it makes for one; source: its pkg/controller/decorator."""
DEFAULT_REGION = "us-east-1"
"""What signing libraries want where a store has no regions; an empty one is refused by launchers."""


def sandbox(memory: str) -> Sandbox:
    """Return the program's sandbox; it asks nothing of Kubernetes."""
    return Sandbox(container=CONTAINER, writable=(FOLDER,), memory=memory)


def workload(settings: Mapping[str, Any]) -> Workload:
    """Return the program.

    Args:
        settings: of `settings`.
    """
    here = pathlib.Path(__file__).parent
    path = f"{FOLDER}/settings.json"
    return Workload(
        container=CONTAINER,
        command=f"python3 -B {FOLDER}/{PROGRAMS[0]} {path}",
        files={
            **{f"{FOLDER}/{name}": File((here / name).read_text()) for name in PROGRAMS},
            path: File(json.dumps(settings, indent=1, sort_keys=True)),
        },
        checks={CONTAINER: TcpCheck(SYNC)},
    )


def settings(
    *, options: PipelinesOptions, app: str, namespace: str, store: Store, bucket: str, metadata: tuple[str, int] | None
) -> dict[str, Any]:
    """Return what the program needs to know, in the keys that `sync_objects` reads.

    Args:
        options: the charm's.
        app: the application.
        namespace: the model's.
        store: where artefacts are.
        bucket: in the store.
        metadata: name and port of the metadata's Service; None without metadata.
    """
    folder = "/".join(filter(None, (bucket, store.path)))
    return {
        "port": SYNC,
        "app": app,
        "namespace": namespace,
        "enabled": ENABLED,
        "account": options.runner_sa,
        "store": {
            "endpoint": store.endpoint,
            "host": store.host,
            "port": store.port,
            "secure": store.secure,
            "region": store.region or DEFAULT_REGION,
            "bucket": bucket,
            "access_key": store.access_key,
            "secret_key": store.secret_key,
        },
        "root": options.default_pipeline_root or f"minio://{folder}/private-artifacts/{{namespace}}/v2/artifacts",
        "key_format": "/".join(filter(None, (store.path, KEY_FORMAT))),
        "archive_logs": options.argo_archive_logs,
        "metadata": list(metadata) if metadata else None,
        "images": options.custom_images,
        "visualization": options.visualization_servers,
        "api": {"host": f"{options.k8s_service_name}.{namespace}.svc", "port": options.http_port},
    }


def left_behind(cluster: Cluster, app: str, namespace: str) -> Iterator[Reference]:
    """Yield what Metacontroller made in profiles' namespaces for us, which nobody else removes with the application.

    A user's object of the same name bears no mark, and what another application's DecoratorController is for is not
    ours, as the name of that is the same for all.

    Args:
        cluster: which names the namespaces.
        app: the application.
        namespace: the model's.
    """
    decorator = cluster.get(Reference("metacontroller.k8s.io/v1alpha1", "DecoratorController", DECORATOR))
    labels = decorator["metadata"].get("labels") or {} if decorator else {APP: app, MODEL: namespace}
    if (labels.get(APP), labels.get(MODEL)) != (app, namespace):
        return
    for found in list_all(cluster, Reference("v1", "Namespace", "profiles"), ENABLED):
        for api_version, kind, name in sync_objects.NAMES:
            reference = Reference(api_version, kind, name, found["metadata"]["name"])
            there = cluster.get(reference)
            if there and (there["metadata"].get("annotations") or {}).get(MARK) == DECORATOR:
                yield reference
