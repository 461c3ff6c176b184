import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from ops import testing
from support import deployment as support
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing
from support.fake_cluster import FakeCluster, Object

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "gateway-info": {
        "gateway_name": "kubeflow-gateway",
        "gateway_namespace": "edge",
        "gateway_up": "true",
        "gateway_principal": PRINCIPAL,
    },
    "kubeflow-profiles": {"_supported_versions": '["v1"]'},
}
PROFILES = "/apis/kubeflow.org/v1/profiles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings"


class Merging(FakeCluster):
    """A cluster that also merges patches."""

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if request.headers.get("content-type") != "application/merge-patch+json" or path not in self.objects:
            return super().answer(request)
        self.calls.append(f"PATCH {path}")
        self.objects[path].update(merged(self.objects[path], json.loads(request.content)))
        return httpx2.Response(200, json=self.objects[path])


def merged(had: Any, patch: Any) -> Any:
    """Return what a JSON merge patch makes of something."""
    if not isinstance(patch, dict):
        return patch
    found = {**had} if isinstance(had, dict) else {}
    for key, value in patch.items():
        found[key] = merged(found.get(key), value)
    return {key: value for key, value in found.items() if value is not None}


@dataclasses.dataclass
class Profiles:
    """A unit of kubeflow-profiles, and what one asks about it."""

    deployment: Deployment

    @property
    def cluster(self) -> FakeCluster:
        return self.deployment.cluster

    def state(self, *, databags: Mapping[str, Mapping[str, str] | None] | None = None, **changes: Any) -> testing.State:
        """Return a state related to everything, but for the databags given; None leaves a relation out."""
        related = {**DATABAGS, **(databags or {})}
        relations = [
            testing.Relation(endpoint, remote_app_name="other", remote_app_data=dict(databag))
            for endpoint, databag in related.items()
            if databag is not None
        ]
        return self.deployment.state(relations=relations, **changes)

    def settle(self, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can."""
        return self.deployment.settle(self.state(**changes))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        state = dataclasses.replace(state, config={**state.config, **config})
        on = self.deployment.context.on
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def blocked(self, **options: Any) -> str:
        """Return the message with which options block the unit."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        state = self.deployment.run(self.deployment.context.on.config_changed(), self.state(config=config))
        assert isinstance(state.unit_status, testing.BlockedStatus)
        return state.unit_status.message

    def service(self, state: testing.State, container: str) -> Any:
        """Return what Pebble runs in a container."""
        return state.get_container(container).plan.services[container]

    def act(self, action: str, /, **parameters: Any) -> Mapping[str, Any]:
        """Run an action of a unit without workloads and return its results; raises ActionFailed."""
        context = self.deployment.context
        self.deployment.run(context.on.action(action, params=parameters), self.state())
        return context.action_results or {}

    def refused(self, action: str, /, **parameters: Any) -> str:
        """Return the message with which an action fails."""
        with pytest.raises(testing.ActionFailed) as failure:
            self.act(action, **parameters)
        return failure.value.message

    def namespace(self, name: str, owner: str | None, **labels: str) -> Object:
        """Put a namespace there, as the profile controller makes it."""
        annotations = {"owner": owner} if owner else {}
        item = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "annotations": annotations, "labels": labels},
        }
        self.cluster.add(f"/api/v1/namespaces/{name}", item)
        return item

    def profile(self, name: str, owner: str, **spec: Any) -> Object:
        """Put a profile there with its namespace, as the dashboard and the controller make them."""
        self.namespace(name, owner)
        item = {
            "apiVersion": "kubeflow.org/v1",
            "kind": "Profile",
            "metadata": {"name": name},
            "spec": {"owner": {"kind": "User", "name": owner}, **spec},
        }
        self.cluster.add(f"{PROFILES}/{name}", item)
        return item


@pytest.fixture
def profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Profiles]:
    monkeypatch.setattr(support, "FakeCluster", Merging)
    monkeypatch.setattr("profile_actions.PATIENCE", 0)
    with deployed(CHARM.KubeflowProfiles, ROOT, monkeypatch, tmp_path) as deployment:
        yield Profiles(deployment)
