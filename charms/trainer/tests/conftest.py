import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from ops import testing
from support.fake_cluster import Object
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Trainer(Unit):
    """A unit of trainer."""

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config=self.named(options))

    def configuration(self, program: str) -> Object:
        """Return what `trainer` or `jobset` reads as it starts."""
        return json.loads(self.deployment.files[f"{program}-controller"][f"/etc/{program}/config.yaml"].text)

    def runtime(self, name: str) -> Object:
        """Return the specification of a runtime."""
        return self.cluster.find("ClusterTrainingRuntime", name)["spec"]

    def pods(self, name: str) -> dict[str, Object]:
        """Return the pods of a runtime by the jobs that they are of."""
        jobs = self.runtime(name)["template"]["spec"]["replicatedJobs"]
        return {job["name"]: job["template"]["spec"]["template"]["spec"] for job in jobs}

    def hooks(self) -> dict[str, Object]:
        """Return all webhooks by name."""
        return {
            hook["name"]: hook
            for kind in ("Mutating", "Validating")
            for name in ("trainer-edge", "trainer-jobset-edge")
            for hook in self.cluster.find(f"{kind}WebhookConfiguration", name)["webhooks"]
        }

    def define(self, name: str) -> None:
        """Let the cluster know a kind."""
        item = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
        self.cluster.add(f"{DEFINITIONS}/{name}", item)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Trainer]:
    with unit(Trainer, ROOT, monkeypatch, tmp_path) as found:
        yield found
