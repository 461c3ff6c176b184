"""What lets users' pods into the object store: a TensorBoard whose logs are in a bucket, or a server.

Source of the variables: TensorFlow 2.5's S3 file system, and Amazon's SDKs, which TensorBoard uses without TensorFlow.
A file of certificates takes the place of the usual ones, for S3 alone.
"""

from typing import Any

from kubeflow_charms.networking import network
from kubeflow_charms.storage.object_store import Store

NAME = "access-minio"
"""Of the PodDefault and its Secret, and the label by which pods ask for it."""
OWN = "mlpipeline-minio-artifact"
"""The Secret with the login of a profile, by Kubeflow Pipelines' name."""
KEYS = ACCESS_KEY, SECRET_KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
AUTHORITY, TRUSTED = "ca.crt", "/run/object-store"
"""Whom to trust where the store's certificate is of an authority of its own: in the Secret, and where pods see it."""
REGION = "us-east-1"
"""What S3's clients sign with where a store knows no regions."""


def pod_default(store: Store, namespace: str, *, own_logins: bool = False) -> dict[str, Any]:
    """Return the PodDefault; it goes to the namespace of every profile.

    Args:
        store: the object store.
        namespace: of a store that gives its Service's name alone.
        own_logins: whether each profile has a login of its own, in the Secret that pipelines put there; without
            pipelines pods start all the same, and have none.
    """
    host = network.in_url(store.host if set(store.host) & set(".:") else f"{store.host}.{namespace}.svc")
    url = f"{'https' if store.secure else 'http'}://{host}:{store.port}"
    settings = {
        "AWS_REGION": store.region or REGION,
        "AWS_ENDPOINT_URL": url,
        # TensorFlow takes it with a scheme or without, TensorBoard alone only with one.
        "S3_ENDPOINT": url,
        "S3_USE_HTTPS": "1" if store.secure else "0",
        "S3_VERIFY_SSL": "1" if store.secure else "0",
        # The first is Amazon's, which TensorBoard and Python go by; the second TensorFlow's.
        **(dict.fromkeys(("AWS_CA_BUNDLE", "S3_CA_FILE"), f"{TRUSTED}/{AUTHORITY}") if store.authorities else {}),
    }
    named = {ACCESS_KEY: "accesskey", SECRET_KEY: "secretkey"} if own_logins else {key: key for key in KEYS}
    where = {"name": OWN, "optional": True} if own_logins else {"name": NAME}
    keys = [{"name": key, "valueFrom": {"secretKeyRef": {**where, "key": named[key]}}} for key in KEYS]
    return {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": NAME},
        "spec": {
            "desc": "Allow access to object storage",
            "selector": {"matchLabels": {NAME: "true"}},
            "env": [*keys, *({"name": name, "value": value} for name, value in settings.items())],
            **(_trust(where) if store.authorities else {}),
        },
    }


def _trust(secret: dict[str, Any]) -> dict[str, Any]:
    authority = {"secretName": secret["name"], "items": [{"key": AUTHORITY, "path": AUTHORITY}]}
    optional = {"optional": True} if secret.get("optional") else {}
    return {
        "volumes": [{"name": NAME, "secret": authority | optional}],
        "volumeMounts": [{"name": NAME, "mountPath": TRUSTED, "readOnly": True}],
    }


def secret(store: Store) -> dict[str, Any]:
    """Return the Secret with the store's keys, and whom to trust; it goes there too."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME},
        "stringData": {
            ACCESS_KEY: store.access_key,
            SECRET_KEY: store.secret_key,
            **({AUTHORITY: "\n".join(store.authorities)} if store.authorities else {}),
        },
    }
