import base64
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
PROGRAMS = ("knative-controller", "activator", "webhook", "net-istio-controller")
SYSTEM = "edge-knative-system"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "gateway-info": {
        "gateway_name": "kubeflow-gateway",
        "gateway_namespace": "edge",
        "gateway_up": "true",
        "gateway_principal": PRINCIPAL,
    },
    "authorization-policies": {},
}


class Knative(Unit):
    """A unit of knative."""

    databags = DATABAGS

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def configuration(self, name: str, namespace: str = "edge") -> dict[str, str]:
        """Return the data of a ConfigMap."""
        return self.cluster.objects[f"/api/v1/namespaces/{namespace}/configmaps/{name}"]["data"]

    def certificate(self) -> dict[str, str]:
        """Return what the webhook finds in its Secret, decoded."""
        secret = self.cluster.objects[f"/api/v1/namespaces/{SYSTEM}/secrets/webhook-certs"]
        return {name: base64.b64decode(content).decode() for name, content in secret["data"].items()}

    def there(self, kind: str, name: str, group: str = "serving", version: str = "v1", **more: Any) -> str:
        """Put an object of Knative's there, held by a finalizer, and return where it is."""
        metadata = {"name": name, "namespace": "ada", "finalizers": ["routes.serving.knative.dev"]}
        item = {"apiVersion": f"{group}.knative.dev/{version}", "kind": kind, "metadata": metadata, **more}
        plural = f"{kind.lower()}{'es' if kind == 'Ingress' else 's'}"
        path = f"/apis/{group}.knative.dev/{version}/namespaces/ada/{plural}/{name}"
        self.cluster.add(path, item)
        return path


@pytest.fixture
def knative(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Knative]:
    with unit(Knative, ROOT, monkeypatch, tmp_path) as found:
        yield found
