"""A user's namespace on a real cluster, as the profile controller makes it, and what runs there."""

import base64
import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import send

from testbed.workloads import PYTHON

from .eventually import eventually
from .kubernetes import Object, kubectl, look_up

ACCOUNT = "default-editor"
LOGIN = "mlpipeline-minio-artifact"
IMAGE = PYTHON
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile", "pipelines.kubeflow.org/enabled": "true"}
"""The labels of a profile's namespace in which pipelines run."""


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A namespace whose owner's programs have the role kubeflow-edit, and no other right.

    Attributes:
        name: the namespace's.
    """

    name: str

    def apply(self, *objects: Object) -> None:
        """Make objects with the rights of the owner's programs.

        Raises:
            AssertionError: they are refused; the message holds what Kubernetes said.
        """
        whole = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        user = f"system:serviceaccount:{self.name}:{ACCOUNT}"
        kubectl("create", "-n", self.name, "--as", user, "-f", "-", given=json.dumps(whole))

    def get(self, kind: str, name: str) -> Any:
        """Return an object, as the administrator sees it."""
        return look_up(kind, name, "-n", self.name)

    def log(self, pod: str, container: str) -> str:
        """Return what a container has said."""
        return kubectl("logs", pod, "-c", container, "-n", self.name)

    def await_pipelines(self) -> None:
        """Return when the namespace, a profile's, has what pipelines need there."""
        eventually(lambda: self.get("secret", LOGIN) and self.get("configmap", "artifact-repositories"))

    def copy_login(self, model: str) -> None:
        """Give the namespace, in which pipelines place none, the login that Argo has at the object store."""
        secret = look_up("secret", LOGIN, "-n", model)
        kept = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": LOGIN}, "data": secret["data"]}
        kubectl("apply", "-n", self.name, "-f", "-", given=json.dumps(kept))

    def stored(self, s3: Object, key: str) -> int:
        """Return the status code with which the object store answers for one object.

        Args:
            s3: the repository, as Argo is told of it.
            key: of the object in the repository's bucket.
        """
        return send(self.store(s3), "HEAD", f"/{s3['bucket']}/{key}")[0]

    def store(self, s3: Object) -> Store:
        """Return the object store with the login that the namespace has.

        Args:
            s3: the repository, as Argo is told of it.
        """
        data = self.get("secret", LOGIN)["data"]
        host, _, port = s3["endpoint"].rpartition(":")
        login = {name: base64.b64decode(data[name]).decode() for name in ("accesskey", "secretkey")}
        name, _, rest = host.partition(".")
        return Store(
            host=look_up("service", name, "-n", rest.partition(".")[0])["spec"]["clusterIP"],
            port=int(port),
            secure=not s3["insecure"],
            access_key=login["accesskey"],
            secret_key=login["secretkey"],
        )

    def repository(self) -> Object:
        """Return where Argo keeps what pods of the namespace leave behind."""
        return json.loads(self.get("configmap", "artifact-repositories")["data"]["default-namespaced"])["s3"]


def notebook(name: str, pod: Object) -> Object:
    """Return a notebook with this specification of its pod."""
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": name},
        "spec": {"template": {"spec": pod}},
    }


def make_namespace(name: str, owner: str, labels: Mapping[str, str]) -> None:
    """Make a profile's namespace as the profile controller does, if it is not there."""
    metadata = {"name": name, "labels": dict(labels), "annotations": {"owner": owner}}
    kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))


@contextlib.contextmanager
def workspace(name: str, labels: Mapping[str, str] | None = None) -> Iterator[Workspace]:
    """Make a namespace, and take it away.

    Args:
        name: the namespace's.
        labels: of the namespace, such as those of profiles.
    """
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": name}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeflow-edit"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": ACCOUNT, "namespace": name},
        "roleRef": role,
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": name}],
    }
    metadata = {"name": name, "labels": dict(labels or {})}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    whole = {"apiVersion": "v1", "kind": "List", "items": [namespace, account, binding]}
    try:
        kubectl("apply", "-f", "-", given=json.dumps(whole))
        yield Workspace(name)
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
