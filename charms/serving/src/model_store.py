"""What every profile gets so that its models come from the object store without a user typing a key.

Where the store has a login for each profile, that opens the profile's own folders, its pipelines' artefacts among them.
A model asks for it by `serviceAccountName`. KServe's controller may read the Secret in profiles alone.
Source of names, keys and annotations: kserve/kserve v0.15.2, pkg/credentials, and the published charm, whose Secret and
ServiceAccount have such names.
"""

from typing import Any

from kubeflow_charms.networking import network
from kubeflow_charms.storage.object_store import DEFAULT_REGION, Store

NAME = "kserve-controller-s3"
"""Of the Secret and the ServiceAccount, as the published charm calls them."""
ANNOTATION = "serving.kserve.io/s3-"
KEY = "store"
"""The name of the key from which a profile's login is made."""


def secret(store: Store, namespace: str) -> dict[str, Any]:
    """Return the Secret with the store's keys, or the profile's own; it goes to the namespace of every profile.

    Args:
        store: the object store.
        namespace: of a store that gives its Service's name alone.
    """
    host = store.host if set(store.host) & set(".:") else f"{store.host}.{namespace}.svc"
    secure = "1" if store.secure else "0"
    own = bool(store.profile_seed)
    annotations = {
        "endpoint": f"{network.in_url(host)}:{store.port}",
        "usehttps": secure,
        "verifyssl": secure,
        "region": store.region or DEFAULT_REGION,
        "usevirtualbucket": "false",
        "useanoncredential": "false",
        **({"cabundle-configmap": NAME} if store.authorities else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME, "annotations": {f"{ANNOTATION}{key}": text for key, text in annotations.items()}},
        "stringData": {
            "AWS_ACCESS_KEY_ID": f"{{{{ ACCESS_KEY {KEY} }}}}" if own else store.access_key,
            "AWS_SECRET_ACCESS_KEY": f"{{{{ SECRET_KEY {KEY} }}}}" if own else store.secret_key,
        },
    }


def authority(store: Store) -> dict[str, Any]:
    """Return whom to trust where the store's certificate is of an authority of its own, as what fetches models sees it.

    Source of the key: kserve/kserve v0.15.2, pkg/constants (DefaultCaBundleFileName).
    """
    data = {"cabundle.crt": "\n".join(store.authorities)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": data}


def keys(store: Store | None) -> dict[str, str]:
    """Return what a profile's own login is made from; nothing where there is none."""
    return {KEY: store.profile_seed} if store and store.profile_seed else {}


def role(app: str, model: str) -> str:
    """Return the name of the ClusterRole that KServe's controller has in profiles alone."""
    return f"{model}-{app}-logins"


def account() -> dict[str, Any]:
    """Return the ServiceAccount by which KServe finds the Secret."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": NAME},
        "secrets": [{"name": NAME}],
        "automountServiceAccountToken": False,
    }
