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
WORD = "word'of the database"
CONTROLLER, MANAGER, PAGE = "katib-controller", "katib-db-manager", "katib-ui"
POSTGRESQL: Mapping[str, str] = {
    "endpoints": "postgresql-k8s-primary.edge.svc.cluster.local:5432",
    "database": "katib",
    "username": "u",
    "password": WORD,
}
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
EXPERIMENTS = "/apis/kubeflow.org/v1beta1"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "relational-db": {
        "endpoints": "mysql-primary.edge.svc.cluster.local.:3306",
        "database": "katib",
        "username": "u",
        "password": WORD,
    },
    "ingress": {"url": "https://kubeflow.example.com", "principals": PRINCIPAL},
    "dashboard-links": {},
    "role-bindings": {},
}


class Katib(Unit):
    """A unit of katib."""

    databags = DATABAGS

    def with_postgresql(self, **more: str) -> testing.State:
        """Return the state of a unit whose numbers are kept by PostgreSQL."""
        return self.settle(databags={"relational-db": None, "relational-db-postgresql": {**POSTGRESQL, **more}})

    def login(self) -> str:
        """Return what the database manager is told of the database."""
        return self.deployment.files[MANAGER]["/etc/katib-db-manager/login"].text

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def initial(self) -> Object:
        """Return what the controller reads as it starts."""
        return json.loads(self.deployment.files[CONTROLLER]["/etc/katib/katib-config.yaml"].text)["init"]

    def runtime(self) -> Object:
        """Return what the controller asks Kubernetes for."""
        text = self.cluster.find("ConfigMap", "katib-config")["data"]["katib-config.yaml"]
        return json.loads(text)["runtime"]

    def entry(self, section: str, name: str) -> Object:
        """Return an entry of what the controller asks Kubernetes for."""
        (found,) = (item for item in self.runtime()[section] if name in (item.get("algorithmName"), item.get("kind")))
        return found

    def define(self, name: str) -> None:
        """Let the cluster know a kind."""
        item = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
        self.cluster.add(f"{DEFINITIONS}/{name}", item)

    def there(self, kind: str, name: str, namespace: str = "ada", **more: Any) -> None:
        """Put an object of Katib's there."""
        item = {
            "apiVersion": "kubeflow.org/v1beta1",
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            **more,
        }
        self.cluster.add(f"{EXPERIMENTS}/namespaces/{namespace}/{kind.lower()}s/{name}", item)


@pytest.fixture
def katib(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Katib]:
    with unit(Katib, ROOT, monkeypatch, tmp_path) as found:
        yield found
