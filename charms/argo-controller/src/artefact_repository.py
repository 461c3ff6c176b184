"""Where steps leave files and logs, as Argo is told.

Source of the names: github.com/argoproj/argo-workflows v3.7 (S3Artifact), and of the login's Kubeflow Pipelines, whose
programs look for it under the same name in each namespace.
"""

import base64
import dataclasses
from typing import Any

from kubeflow_charms.storage.object_store import Store

LOGIN = "mlpipeline-minio-artifact"
AUTHORITY = "ca.crt"


def qualified(store: Store, model: str) -> Store:
    """Return the store by a host name that pods of every namespace can find.

    Args:
        store: perhaps a Service of our own model by its bare name.
        model: ours.
    """
    return store if set(store.host) & set(".:") else dataclasses.replace(store, host=f"{store.host}.{model}.svc")


def repository(store: Store, *, bucket: str, key_format: str, archive_logs: bool) -> dict[str, Any]:
    """Return the repository that a workflow has unless it, or its namespace, names another.

    Args:
        store: where.
        bucket: in which bucket.
        key_format: where in it, in Argo's variables.
        archive_logs: whether logs go there, too.
    """
    s3: dict[str, Any] = {
        "endpoint": store.endpoint,
        "bucket": bucket,
        "insecure": not store.secure,
        "keyFormat": "/".join(filter(None, (store.path, key_format))),
        "accessKeySecret": {"name": LOGIN, "key": "accesskey"},
        "secretKeySecret": {"name": LOGIN, "key": "secretkey"},
    }
    if store.region:
        s3["region"] = store.region
    if store.authorities:
        s3["caSecret"] = {"name": LOGIN, "key": AUTHORITY}
    return {"archiveLogs": archive_logs, "s3": s3}


def login(store: Store) -> dict[str, str]:
    """Return what the Secret holds, in base64."""
    content = {"accesskey": store.access_key, "secretkey": store.secret_key}
    if store.authorities:
        content[AUTHORITY] = "\n".join(store.authorities)
    return {key: base64.b64encode(text.encode()).decode() for key, text in content.items()}
