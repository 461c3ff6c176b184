"""The cluster, and what Juju, Kubernetes' controllers and a load balancer do in it that has no node."""

import contextlib
import dataclasses
import json
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import httpx2
from kubeflow_charms.engine.run import DOMAIN
from support import controllers
from support.apiserver import ApiServer, running

from .wire import merge_patch

Object = dict[str, Any]

STALE = 5
"""Seconds after which a definition that is being deleted should be gone."""

OF_KUBERNETES = {
    "apiservices",
    "bindings",
    "componentstatuses",
    "endpoints",
    "endpointslices",
    "events",
    "flowschemas",
    "ipaddresses",
    "leases",
    "pods",
    "prioritylevelconfigurations",
    "servicecidrs",
}
"""Resources that Kubernetes makes for itself, and those of units' pods, which come and go."""

UNMARKED = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
"""Resources that Juju's admission webhook does not see, and so does not mark."""

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

Key = tuple[str, str]
"""A resource's path, with its namespace, and an object's name."""


@dataclasses.dataclass
class Kubernetes:
    """A real API server with its controllers, and the administrator's client.

    Attributes:
        server: where it is.
        http: the client.
    """

    server: ApiServer
    http: httpx2.Client

    @property
    def port(self) -> int:
        """Where on this machine the API server listens."""
        return int(self.server.url.rpartition(":")[2])

    def add_model(self, model: str) -> None:
        """Make a model's namespace."""
        self.http.post("/api/v1/namespaces", json={"metadata": {"name": model}}).raise_for_status()

    def deploy(self, model: str, application: str, containers: tuple[str, ...]) -> None:
        """Make an application's Service and StatefulSet, as Juju does."""
        labels = {"app.kubernetes.io/name": application}
        data = {"name": "charm-data", "mountPath": "/charm"}
        pod = {
            "containers": [{"name": name, "image": name, "volumeMounts": [data]} for name in ("charm", *containers)],
            "volumes": [{"name": "charm-data", "emptyDir": {}}],
        }
        template = {"metadata": {"labels": labels}, "spec": pod}
        metadata = {"name": application, "labels": {**labels, "app.kubernetes.io/managed-by": "juju"}}
        service = {"metadata": metadata, "spec": {"selector": labels, "ports": [{"name": "juju", "port": 65535}]}}
        stateful_set = {"metadata": metadata, "spec": {"selector": {"matchLabels": labels}, "template": template}}
        for path, item in (
            (f"/api/v1/namespaces/{model}/services", service),
            (f"/apis/apps/v1/namespaces/{model}/statefulsets", stateful_set),
        ):
            self.http.post(path, json=item, params={"fieldManager": "juju"}).raise_for_status()

    def add_containers(self, model: str, item: Object) -> None:
        """Let an application have the containers that an earlier revision gave fields to, as Juju leaves them."""
        pod = item.get("spec", {}).get("template", {}).get("spec", {})
        names = [entry["name"] for entry in pod.get("containers", ())]
        containers = [{"name": name, "image": name} for name in names]
        self.http.patch(
            f"/apis/apps/v1/namespaces/{model}/statefulsets/{item['metadata']['name']}",
            json={"spec": {"template": {"spec": {"containers": containers}}}},
            headers={"Content-Type": "application/strategic-merge-patch+json"},
            params={"fieldManager": "juju"},
        ).raise_for_status()

    def wanted_pod(self, model: str, application: str) -> str:
        """Return what tells the pods that the StatefulSet asks for from others; empty for Juju's own."""
        item = self.get(f"/apis/apps/v1/namespaces/{model}/statefulsets/{application}")
        template = item.get("spec", {}).get("template", {})
        return (template.get("metadata", {}).get("annotations") or {}).get(f"{DOMAIN}/pod", "")

    def balance(self, model: str, address: str) -> None:
        """Give each Service that asks for a load balancer an address."""
        services = self.http.get(f"/api/v1/namespaces/{model}/services").raise_for_status().json()["items"]
        for item in services:
            if item["spec"]["type"] == "LoadBalancer":
                status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
                path = f"/api/v1/namespaces/{model}/services/{item['metadata']['name']}/status"
                merge_patch(self.http, path, status)

    def remove(self, model: str, application: str, created: set[str]) -> None:
        """Delete an application's objects, as Juju does once its last unit is gone.

        Args:
            model: the application's.
            application: its name.
            created: paths of what its ServiceAccount made. Juju marks such objects and deletes them by the mark.
        """
        for path in sorted(created):
            resource = path.split("/")[-2]
            item = self.get(path) if resource not in UNMARKED else {}
            if item and item["metadata"].get("labels", {}).get("model.juju.is/disable-webhook") != "true":
                self.http.delete(path)
        for path in (f"/api/v1/namespaces/{model}/services", f"/apis/apps/v1/namespaces/{model}/statefulsets"):
            self.http.delete(f"{path}/{application}")

    def remove_model(self, model: str) -> None:
        """Delete a model's namespace, and wait until it is gone."""
        path = f"/api/v1/namespaces/{model}"
        self.http.delete(path)
        self.await_gone(path)

    def rest(self, seconds: float = 60) -> None:
        """Wait until no namespace is still being deleted.

        Raises:
            AssertionError: one still is, in the end.
        """
        for item in self.http.get("/api/v1/namespaces").raise_for_status().json()["items"]:
            if "deletionTimestamp" in item["metadata"]:
                self.await_gone(f"/api/v1/namespaces/{item['metadata']['name']}", seconds)

    def await_gone(self, path: str, seconds: float = 60) -> None:
        """Wait until an object is gone.

        Kubernetes may leave a definition that it failed to delete for five minutes. As a charm does that waits for one,
        something of it is changed, so that it is looked at again.

        Raises:
            AssertionError: it is not, in time.
        """
        changed = time.monotonic()
        deadline = changed + seconds
        while item := self.get(path):
            now = time.monotonic()
            assert now < deadline, f"{path} is still there after {seconds:.0f} s: {json.dumps(item)}"
            if item["kind"] == "CustomResourceDefinition" and now > changed + STALE:
                changed = now
                # It may be gone by now.
                with contextlib.suppress(httpx2.HTTPStatusError):
                    fields = {"metadata": {"annotations": {"awaited": item["metadata"]["resourceVersion"]}}}
                    merge_patch(self.http, path, fields)
            time.sleep(0.1)

    def get(self, path: str) -> Object:
        """Return what is at a path; empty if nothing is."""
        answer = self.http.get(path)
        return {} if answer.status_code == 404 else answer.raise_for_status().json()

    def objects(self) -> dict[Key, Object]:
        """Return all objects, but for those that Kubernetes makes for itself."""
        found: dict[Key, Object] = {}
        for path, kind, version in self._resources():
            answer = self.http.get(path)
            # A resource can go away, with its definition, while others are listed.
            for item in answer.json()["items"] if answer.is_success else ():
                metadata = item["metadata"]
                where = path
                if namespace := metadata.get("namespace"):
                    where = f"{path.rpartition('/')[0]}/namespaces/{namespace}/{path.rpartition('/')[2]}"
                found[where, metadata["name"]] = {"kind": kind, "apiVersion": version, **item}
        return found

    def _resources(self) -> Iterator[tuple[str, str, str]]:
        """Yield path, kind and version of everything that can be listed, each in its preferred version.

        Aggregated discovery tells that in two answers: https://kubernetes.io/docs/concepts/overview/kubernetes-api/.
        """
        for root in ("/api", "/apis"):
            answer = self.http.get(root, headers={"Accept": AGGREGATED}).raise_for_status().json()
            for group in answer["items"]:
                name, preferred = group["metadata"].get("name", ""), group["versions"][0]
                version = f"{name}/{preferred['version']}" if name else preferred["version"]
                for resource in preferred["resources"]:
                    if "list" in resource["verbs"] and resource["resource"] not in OF_KUBERNETES:
                        yield f"{root}/{version}/{resource['resource']}", resource["responseKind"]["kind"], version


@contextlib.contextmanager
def started(folder: pathlib.Path) -> Iterator[Kubernetes]:
    """Run a cluster with its data in a folder; no workload runs, so no webhook could be answered and none is asked."""
    without = "--disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook"
    with running(folder, without) as server, controllers.running(server, folder), server.client() as http:
        found = Kubernetes(server, http)
        # The last thing that a new API server makes by itself.
        while not found.get("/api/v1/namespaces/default/services/kubernetes"):
            time.sleep(0.1)
        yield found
