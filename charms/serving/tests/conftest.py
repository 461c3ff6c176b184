import copy
import importlib
import json
import pathlib
import sys
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
PLURALS = (
    "authorizationpolicies",
    "destinationrules",
    "inferencegraphs",
    "inferenceservices",
    "namespaces",
    "networkpolicies",
    "services",
    "sidecars",
    "virtualservices",
)
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


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "src"))
    for name in ("route_maker", "route_objects", "knative_routes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("route_maker")


class Api:
    """Objects by their path."""

    def __init__(self, program: Any) -> None:
        self.refused = program.Refused
        self.objects: dict[str, Object] = {}
        self.applied: list[str] = []
        self.deny: str = ""
        self.namespace("ada", profile=True)
        self.namespace("plain", profile=False)

    def namespace(self, name: str, *, profile: bool) -> None:
        labels = {"app.kubernetes.io/part-of": "kubeflow-profile"} if profile else {}
        self.objects[f"/api/v1/namespaces/{name}"] = {"metadata": {"name": name, "labels": labels}}

    def model(self, name: str, namespace: str = "ada", kind: str = "InferenceService", **more: Any) -> Object:
        version = "v1beta1" if kind == "InferenceService" else "v1alpha1"
        metadata = {"name": name, "namespace": namespace, "uid": f"{kind}-{name}", "generation": 1}
        item = {"kind": kind, "metadata": metadata | more.pop("metadata", {}), "spec": {"predictor": {}} | more}
        self.objects[f"{SERVING}/{version}/namespaces/{namespace}/{kind.lower()}s/{name}"] = item
        return item

    def put(self, version: str, kind: str, name: str, spec: Object, plural: str = "") -> None:
        metadata = {"name": name, "namespace": "ada", "uid": f"{kind}-{name}", "generation": 1}
        plural = plural or f"{kind.lower()[:-1]}ies"
        item = {"kind": kind, "metadata": metadata, "spec": spec}
        self.objects[f"/apis/{version}/namespaces/ada/{plural}/{name}"] = item

    def get(self, path: str, parameters: Any = None) -> Object | None:
        if path in self.objects:
            return self.objects[path]
        folder, _, plural = path.rpartition("/")
        there = any(where.startswith(f"{folder}/") and where.split("/")[-2] == plural for where in self.objects)
        if plural in PLURALS or there:
            selector = (parameters or {}).get("labelSelector") or ""
            pairs = {key: value for key, _, value in (pair.partition("=") for pair in selector.split(",") if pair)}
            items = [
                # Kubernetes leaves these out in a list.
                {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
                for where, item in self.objects.items()
                if where.startswith(f"{folder}/")
                and where.split("/")[-2] == plural
                and pairs.items() <= (item["metadata"].get("labels") or {}).items()
            ]
            return {"items": copy.deepcopy(items), "metadata": {"resourceVersion": "7"}}
        return None

    def apply(self, path: str, item: Object, manager: str, *, force: bool) -> None:
        if self.deny and self.deny in path:
            raise self.refused(403, "not allowed")
        item = copy.deepcopy(item)
        item["metadata"]["uid"] = f"made-{len(self.applied)}"
        self.objects[path] = item
        self.applied.append(path)

    def delete(self, path: str, uid: str) -> None:
        assert self.objects[path]["metadata"]["uid"] == uid
        del self.objects[path]

    def made(self, kind: str) -> dict[str, Object]:
        """Return the specifications of what was made of a kind, by name."""
        return {
            item["metadata"]["name"]: item["spec"]
            for path, item in self.objects.items()
            if item.get("kind") == kind and not path.startswith(SERVING)
        }


@pytest.fixture
def api(program) -> Api:
    return Api(program)


@pytest.fixture
def maker(program, api):
    settings = program.Settings(
        manager="serving.model-routes",
        labels={"kubeflow-charms/route-of": "serving"},
        profiles="app.kubernetes.io/part-of=kubeflow-profile",
        gateway="edge/kubeflow-gateway",
        proxies="edge",
        domain="cluster.local",
        hosts="",
        monitoring="",
        platform="edge",
        principal=PRINCIPAL,
        key="secret",
    )
    said: list[str] = []
    made = program.Maker(api, settings, said.append)
    made.said = said
    return made
