"""A charm in a model of its own on a real API server, as Juju would have deployed it."""

import dataclasses
import itertools
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import lightkube
import pytest
from kubeflow_charms.sandbox.identity import FOLDER
from lightkube.config.kubeconfig import KubeConfig
from ops import testing

from . import pods
from .apiserver import ApiServer, Object
from .deployment import Deployment, passing

NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Application:
    """One application.

    Attributes:
        deployment: of its charm.
        server: Kubernetes.
        http: the administrator's client.
        model: the model's name, and the namespace's.
    """

    deployment: Deployment
    server: ApiServer
    http: httpx2.Client
    model: str

    @property
    def stateful_set(self) -> str:
        """The StatefulSet's path."""
        return f"/apis/apps/v1/namespaces/{self.model}/statefulsets/{self.deployment.charm}"

    def deploy(self) -> None:
        """Make the StatefulSet, as Juju does, and its first pod."""
        labels = {"app.kubernetes.io/name": self.deployment.charm}
        data = {"name": "charm-data", "mountPath": "/charm"}
        names = ("charm", *self.deployment.containers)
        pod = {
            "containers": [{"name": name, "image": name, "volumeMounts": [data]} for name in names],
            "volumes": [{"name": "charm-data", "emptyDir": {}}],
        }
        template = {"metadata": {"labels": labels}, "spec": pod}
        item = {
            "metadata": {"name": self.deployment.charm},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        where = self.stateful_set.rpartition("/")[0]
        self.http.post(where, json=item, params={"fieldManager": "juju"}).raise_for_status()
        self.start_pod()

    def start_pod(self) -> None:
        """Let Kubernetes know a new pod of the unit."""
        pods.replace(self.http, self.model, f"{self.deployment.charm}-0")

    def state(self, **changes: Any) -> testing.State:
        """Return a state of the leader."""
        return self.deployment.state(model=testing.Model(name=self.model), **changes)

    def run(self, state: testing.State, event: str = "config_changed") -> testing.State:
        """Run an event without arguments."""
        return self.deployment.run(getattr(self.deployment.context.on, event)(), state)

    def settle(self, state: testing.State) -> testing.State:
        """Run until the unit has the pod that it asked for and its checks pass."""
        state = self.run(state)
        new = self.deployment.become(self.get(self.stateful_set)["spec"]["template"])
        if new or not self.get(f"/api/v1/namespaces/{self.model}/pods/{self.deployment.charm}-0"):
            self.start_pod()
        return self.run(passing(self.run(state)))

    def get(self, path: str) -> Object:
        """Return what is there; empty if nothing is."""
        answer = self.http.get(path)
        return answer.raise_for_status().json() if answer.status_code != 404 else {}

    def edit(self, path: str, manager: str, change: Callable[[Object], Any]) -> None:
        """Change an object as `kubectl edit` does."""
        item = self.get(path)
        change(item)
        self.http.put(path, json=item, params={"fieldManager": manager}).raise_for_status()

    def workload(self, container: str) -> httpx2.Client:
        """Return a client with the token that the charm has put into a workload's container."""
        token = self.deployment.files[container][f"{FOLDER}/token"].text
        return httpx2.Client(
            base_url=self.server.url,
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=self.server.certificate),
        )


def deployed_on(
    server: ApiServer, http: httpx2.Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    """Yield an application in a new model; the body of a fixture.

    Args:
        server: Kubernetes.
        http: the administrator's client.
        deployment: of its charm, as `deployment.deployed` makes it.
        monkeypatch: of the test.
    """
    client = lightkube.Client(config=KubeConfig.from_dict(server.kubeconfig(server.token)))
    monkeypatch.setattr("kubeflow_charms.engine.cluster.connect", lambda: client)
    model = f"{deployment.charm}-{next(NUMBERS)}"
    http.post("/api/v1/namespaces", json={"metadata": {"name": model}}).raise_for_status()
    made = Application(deployment, server, http, model)
    made.deploy()
    yield made
    client.close()
