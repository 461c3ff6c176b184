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
Deploy = Callable[["Application"], str]
"""Does what Juju does of an application in a namespace, and returns the token that its charm asks Kubernetes with."""


@dataclasses.dataclass
class Application:
    """One application.

    Attributes:
        deployment: of its charm.
        server: Kubernetes.
        http: the administrator's client.
        model: the model's name, and the namespace's.
        deployer: has Juju's part.
    """

    deployment: Deployment
    server: ApiServer
    http: httpx2.Client
    model: str
    deployer: Deploy

    @property
    def stateful_set(self) -> str:
        """The StatefulSet's path."""
        return f"/apis/apps/v1/namespaces/{self.model}/statefulsets/{self.deployment.charm}"

    def deploy(self) -> str:
        """Deploy it, with its first pod, and return its charm's token."""
        token = self.deployer(self)
        self.start_pod()
        return token

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


def imitate(application: Application) -> str:
    """Make the StatefulSet as Juju does, as far as the library sees it; the charm is the administrator."""
    labels = {"app.kubernetes.io/name": application.deployment.charm}
    data = {"name": "charm-data", "mountPath": "/charm"}
    names = ("charm", *application.deployment.containers)
    pod = {
        "containers": [{"name": name, "image": name, "volumeMounts": [data]} for name in names],
        "volumes": [{"name": "charm-data", "emptyDir": {}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    item = {
        "metadata": {"name": application.deployment.charm},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    where = application.stateful_set.rpartition("/")[0]
    application.http.post(where, json=item, params={"fieldManager": "juju"}).raise_for_status()
    return application.server.token


def deployed_on(
    server: ApiServer,
    http: httpx2.Client,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    deployer: Deploy = imitate,
) -> Iterator[Application]:
    """Yield an application in a new model; the body of a fixture.

    Args:
        server: Kubernetes.
        http: the administrator's client.
        deployment: of its charm, as `deployment.deployed` makes it.
        monkeypatch: of the test.
        deployer: has Juju's part.
    """
    model = f"{deployment.charm}-{next(NUMBERS)}"
    http.post("/api/v1/namespaces", json={"metadata": {"name": model}}).raise_for_status()
    made = Application(deployment, server, http, model, deployer)
    client = lightkube.Client(config=KubeConfig.from_dict(server.kubeconfig(made.deploy())))
    monkeypatch.setattr("kubeflow_charms.engine.cluster.connect", lambda: client)
    yield made
    client.close()
