"""kubeflow-profiles on a real API server, without its programs."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts.crds import expand
from kubeflow_charms.parts.templates import render
from ops import testing

from . import controllers
from .apiserver import ApiServer, apply, establish
from .application import Application, deployed_on
from .charms import load_charm
from .deployment import deployed

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
ROOT = CHARMS / "kubeflow-profiles"
PROFILES = "/apis/kubeflow.org/v1/profiles"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ISTIO = "/apis/security.istio.io/v1beta1"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
AGGREGATED = ("kubeflow-admin", "kubeflow-edit", "kubeflow-view")
KINDS = ("AuthorizationPolicy", "EnvoyFilter")
"""Istio's, of which the charm makes objects."""
ADA, BEN = "ada@example.com", "ben@example.com"
GATEWAY = {
    "gateway_name": "gateway",
    "gateway_namespace": "edge",
    "gateway_principal": "cluster.local/ns/edge/sa/istio-ingressgateway",
    "proxy_image": "docker.io/istio/proxyv2:1.30.4",
}


@dataclasses.dataclass
class Profiles:
    """The application, and the state of its unit."""

    application: Application
    state: testing.State

    @property
    def http(self) -> httpx2.Client:
        return self.application.http

    def act(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Run an action and return its results."""
        context = self.application.deployment.context
        self.application.deployment.run(context.on.action(action, params=parameters), self.state)
        return dict(context.action_results or {})

    def allowed(self, user: str, namespace: str, verb: str, resource: str) -> bool:
        """Tell whether a user may do something; a resource is `pods`, `pods/log` or `jobs.batch`."""
        name, _, group = resource.partition(".")
        plural, _, part = name.partition("/")
        wanted = {"namespace": namespace, "verb": verb, "resource": plural, "subresource": part, "group": group}
        review = {"spec": {"user": user, "resourceAttributes": wanted}}
        answer = self.http.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
        return answer.raise_for_status().json()["status"]["allowed"]

    @contextlib.contextmanager
    def namespace(self) -> Iterator[str]:
        """Make a namespace as the profile controller does, without anything in it, and take it away."""
        labels = {"app.kubernetes.io/part-of": "kubeflow-profile"}
        item = {"metadata": {"generateName": "user-", "labels": labels, "annotations": {"owner": ADA}}}
        name = self.http.post("/api/v1/namespaces", json=item).raise_for_status().json()["metadata"]["name"]
        yield name
        self.http.delete(f"/api/v1/namespaces/{name}")
        self.http.delete(f"{PROFILES}/{name}")


@contextlib.contextmanager
def running(apiserver: ApiServer, collected: httpx2.Client, factory: pytest.TempPathFactory) -> Iterator[Profiles]:
    """Yield the settled application, and remove it; its roles have names that no second one could have.

    Args:
        apiserver: Kubernetes.
        collected: the administrator's client, with Kubernetes' controllers beside it.
        factory: of folders.
    """
    istio = render((CHARMS / "istio-pilot" / "src" / "crds.yaml").read_text(), {})
    kinds = [crd for group in istio for crd in expand(group)]
    establish(collected, [crd for crd in kinds if crd["spec"]["names"]["kind"] in KINDS])
    edge = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": GATEWAY["gateway_namespace"]}}
    apply(collected, f"/api/v1/namespaces/{GATEWAY['gateway_namespace']}", edge)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controllers, "CONTROLLERS", ("clusterrole-aggregation-controller",))
        with (
            controllers.running(apiserver, factory.mktemp("aggregation")),
            deployed(load_charm(ROOT).KubeflowProfiles, ROOT, patch, factory.mktemp("charm")) as deployment,
        ):
            for application in deployed_on(apiserver, collected, deployment, patch):
                relations = [
                    testing.Relation("gateway-info", remote_app_data=GATEWAY),
                    testing.Relation("kubeflow-profiles", remote_app_name="kubeflow-dashboard"),
                ]
                state = application.settle(application.state(relations=relations))
                assert state.unit_status == ops.ActiveStatus()
                yield Profiles(application, state)
                application.run(dataclasses.replace(state, planned_units=0), "remove")
    # The controller may have filled a role just after it was deleted, which makes it anew.
    for role in AGGREGATED:
        collected.delete(f"{RBAC}/clusterroles/{role}")
