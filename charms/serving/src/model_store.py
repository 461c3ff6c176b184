"""What every profile gets so that its models come from the object store without a user typing a key.

A model asks for it by `serviceAccountName`. Source of names, keys and annotations: kserve/kserve v0.15.2,
pkg/credentials, and the published charm, whose Secret and ServiceAccount have such names.
"""

from typing import Any

from kubeflow_charms import network
from kubeflow_charms.object_store import DEFAULT_REGION, Store

NAME = "kserve-controller-s3"
"""Of the Secret and the ServiceAccount, as the published charm calls them."""
ANNOTATION = "serving.kserve.io/s3-"


def secret(store: Store, namespace: str) -> dict[str, Any]:
    """Return the Secret with the store's keys; it goes to the namespace of every profile.

    Args:
        store: the object store.
        namespace: of a store that gives its Service's name alone.
    """
    host = store.host if set(store.host) & set(".:") else f"{store.host}.{namespace}.svc"
    secure = "1" if store.secure else "0"
    annotations = {
        "endpoint": f"{network.in_url(host)}:{store.port}",
        "usehttps": secure,
        "verifyssl": secure,
        "region": store.region or DEFAULT_REGION,
        "usevirtualbucket": "false",
        "useanoncredential": "false",
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME, "annotations": {f"{ANNOTATION}{key}": text for key, text in annotations.items()}},
        "stringData": {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key},
    }


def account() -> dict[str, Any]:
    """Return the ServiceAccount by which KServe finds the Secret."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": NAME},
        "secrets": [{"name": NAME}],
        "automountServiceAccountToken": False,
    }
