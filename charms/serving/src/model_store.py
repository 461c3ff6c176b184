"""What every profile gets so that its models come from the object store without a user typing a key.

Where the store has a login for each profile, that opens the profile's own folders, its pipelines' artefacts among them.
A model asks for it by `serviceAccountName`. KServe's controller may read the Secret in profiles alone.
Source of names, keys and annotations: kserve/kserve v0.15.2, pkg/credentials, and the published charm, whose Secret and
ServiceAccount have such names.
"""

from typing import Any

from kubeflow_charms import network
from kubeflow_charms.object_store import DEFAULT_REGION, Store

NAME = "kserve-controller-s3"
"""Of the Secret and the ServiceAccount, as the published charm calls them."""
ANNOTATION = "serving.kserve.io/s3-"
RBAC = "rbac.authorization.k8s.io"
AUTHORITY, FILE = f"{NAME}-authority", "/etc/ssl/custom-certs/cabundle.crt"
"""A ConfigMap with the certificates that the store is to be trusted by, and where KServe mounts it."""
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
        **({"cabundle": FILE, "cabundle-configmap": AUTHORITY} if store.authorities else {}),
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


def authorities(store: Store) -> list[dict[str, Any]]:
    """Return the ConfigMap with the certificates by which the store is to be trusted, if there are any."""
    data = {FILE.rpartition("/")[2]: "".join(f"{text.strip()}\n" for text in store.authorities)}
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": AUTHORITY}, "data": data}
    return [found] if store.authorities else []


def keys(store: Store | None) -> dict[str, str]:
    """Return what a profile's own login is made from; nothing where there is none."""
    return {KEY: store.profile_seed} if store and store.profile_seed else {}


def role(app: str, model: str) -> str:
    """Return the name of the ClusterRole that KServe's controller has in profiles alone."""
    return f"{model}-{app}-logins"


def binding(app: str, model: str, account: str) -> dict[str, Any]:
    """Return what lets KServe's controller read the login that a model names, in the namespace of every profile.

    Args:
        app: the application.
        model: its model.
        account: the controller's.
    """
    name = role(app, model)
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": model}],
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
