"""The login of a registry, as the pods of every profile need it to have their images."""

import base64
import json
from collections.abc import Mapping

from kubeflow_charms.engine.cluster import Object

NAME = "kubeflow-registry-login"
KEYS = ("registry", "username", "password")


def secret(login: Mapping[str, str]) -> Object:
    """Return the Secret as Kubernetes tells it back; source of its form: Kubernetes' documentation of dockerconfigjson.

    Args:
        login: `registry`, `username` and `password`.
    """
    registry, username, password = (login[key] for key in KEYS)
    both = base64.b64encode(f"{username}:{password}".encode()).decode()
    document = {"auths": {registry: {"username": username, "password": password, "auth": both}}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(json.dumps(document).encode()).decode()},
    }


def with_login(item: Object) -> Object:
    """Return an object whose pods name the login by themselves, unless they name one already.

    A new profile's Deployments make their pods before its accounts name the login, and what a pod has stays.
    """
    if item["kind"] != "Deployment":
        return item
    template = item["spec"]["template"]
    pod = {"imagePullSecrets": [{"name": NAME}], **template["spec"]}
    return {**item, "spec": {**item["spec"], "template": {**template, "spec": pod}}}
