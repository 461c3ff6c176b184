import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.fake_cluster import Object
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
WORD = "word'of the store"
CONTROLLER, ROUTES, PAGE = "kserve-controller", "model-routes", "models-web-app"
SERVING = "/apis/serving.kserve.io"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "gateway-info": {
        "gateway_name": "kubeflow-gateway",
        "gateway_namespace": "edge",
        "gateway_up": "true",
        "gateway_principal": PRINCIPAL,
    },
    "ingress": {"url": "https://kubeflow.example.com", "principals": PRINCIPAL},
    "dashboard-links": {},
    "object-storage": {
        "_supported_versions": "- v1",
        "data": json.dumps(
            {
                "access-key": "key",
                "secret-key": WORD,
                "service": "minio",
                "port": 9000,
                "secure": False,
                "namespace": "edge",
            }
        ),
    },
    "secrets": {},
    "service-accounts": {},
}


class Serving(Unit):
    """A unit of serving."""

    databags = DATABAGS

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def section(self, name: str) -> Object:
        """Return a section of KServe's configuration."""
        return json.loads(self.cluster.find("ConfigMap", "inferenceservice-config")["data"][name])

    def runtime(self, name: str) -> Object:
        """Return the specification of a built-in runtime."""
        return self.cluster.find("ClusterServingRuntime", name)["spec"]

    def there(self, kind: str, name: str, namespace: str = "ada", version: str = "v1beta1", **more: Any) -> str:
        """Put an object of KServe's there, and return where it is."""
        metadata = {"name": name, "namespace": namespace, "finalizers": ["inferenceservice.finalizers"]}
        item = {"apiVersion": f"serving.kserve.io/{version}", "kind": kind, "metadata": metadata, **more}
        path = f"{SERVING}/{version}/namespaces/{namespace}/{kind.lower()}s/{name}"
        self.cluster.add(path, item)
        return path


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Serving]:
    with unit(Serving, ROOT, monkeypatch, tmp_path) as found:
        yield found
