import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.fake_cluster import Object
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
GATEWAY = {"url": "http://10.64.140.43", "principals": PRINCIPAL}
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "gateway-info": {
        "gateway_name": "kubeflow-gateway",
        "gateway_namespace": "edge",
        "gateway_up": "true",
    },
    "ingress-jupyter": GATEWAY,
    "ingress-volumes": GATEWAY,
    "ingress-tensorboards": GATEWAY,
    "dashboard-links": {},
    "kubeflow-profiles": {},
    "authorization-policies": {},
}
FORM = "/etc/config/spawner_ui_config.yaml"
NODES = "/api/v1/nodes"


class Notebooks(Unit):
    """A unit of notebooks."""

    databags = DATABAGS

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def form(self) -> Any:
        """Return the configuration of the form on which users start servers."""
        return json.loads(self.deployment.files["jupyter-web-app"][FORM].text)["spawnerFormDefaults"]

    def later(self) -> None:
        """Let so much time pass that Juju's next update-status is due."""
        os.utime(self.deployment.charm_folder / ".gpus", (0, 0))

    def node(self, name: str, labels: Mapping[str, str] | None = None, **allocatable: Any) -> Object:
        """Put a node there; resources with `/` and `.` are given as a mapping `resources`."""
        item = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": dict(labels or {})},
            "status": {"allocatable": {"cpu": "4", "memory": "16Gi", **allocatable.get("resources", {})}},
        }
        self.cluster.add(f"{NODES}/{name}", item)
        return item

    def pod(self, name: str, phase: str = "Running", node: str = "one", **limits: str) -> None:
        """Put a pod there."""
        item = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "ada"},
            "spec": {"nodeName": node, "containers": [{"name": "main", "resources": {"limits": limits}}]},
            "status": {"phase": phase},
        }
        self.cluster.add(f"/api/v1/pods/{name}", item)

    def list_gpus(self) -> Mapping[str, Any]:
        """Run the action and return its results."""
        context = self.deployment.context
        self.deployment.run(context.on.action("list-gpus"), self.state())
        return context.action_results or {}


@pytest.fixture
def notebooks(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Notebooks]:
    with unit(Notebooks, ROOT, monkeypatch, tmp_path) as found:
        yield found
