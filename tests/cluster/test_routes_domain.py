"""Routes that controllers of notebooks write for cluster.local, on a cluster whose domain is another."""

from typing import Any

import httpx2
import pytest
from kubeflow_charms.sandbox import confinement
from ops import testing
from support.application import Application
from support.eventually import eventually

GATEWAY = {"gateway_name": "kubeflow-gateway", "gateway_namespace": "mesh"}
ROUTES = "/apis/networking.istio.io/v1beta1/namespaces/{}/virtualservices"
CONTROLLERS = ("tensorboard-controller", "pvcviewer-controller")


@pytest.fixture
def profile(notebooks: Application) -> str:
    """Return the namespace of a profile beside notebooks, on a cluster with a domain of its own."""
    relation = testing.Relation("gateway-info", remote_app_data=GATEWAY)
    config = {"cluster-domain": "k8s.example.org"}
    state = notebooks.settle(notebooks.state(relations=[relation], config=config))
    assert "not reached" not in state.unit_status.message
    name = f"{notebooks.model}-ada"
    metadata = {"name": name, "labels": confinement.NAMESPACES["profiles"]}
    notebooks.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
    return name


def route(name: str, namespace: str, domain: str) -> dict[str, Any]:
    host = f"{name}.{namespace}.svc.{domain}"
    http = {
        "match": [{"uri": {"prefix": f"/tensorboard/{namespace}/{name}/"}}],
        "rewrite": {"uri": "/"},
        "route": [{"destination": {"host": host, "port": {"number": 80}}}],
        "timeout": "300s",
    }
    spec = {"hosts": ["*"], "gateways": ["mesh/kubeflow-gateway"], "http": [http]}
    return {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "VirtualService",
        "metadata": {"name": name},
        "spec": spec,
    }


def leads_to(answer: httpx2.Response) -> str:
    return answer.raise_for_status().json()["spec"]["http"][0]["route"][0]["destination"]["host"]


def test_kubernetes_puts_the_domain_in_and_what_the_controllers_write_again_is_no_change(
    notebooks: Application, profile: str
) -> None:
    where = ROUTES.format(profile)
    for name in CONTROLLERS:
        with notebooks.workload(name) as controller:
            written = route(name, profile, "cluster.local")
            wanted = f"{name}.{profile}.svc.k8s.example.org"
            # A policy counts shortly after it is there.
            eventually(
                lambda: leads_to(controller.post(where, json=written, params={"dryRun": "All"})) == wanted  # noqa: B023
            )
            made = controller.post(where, json=written).raise_for_status().json()
            assert made["spec"] == route(name, profile, "k8s.example.org")["spec"]
            again = {**made, "spec": written["spec"]}
            version = controller.put(f"{where}/{name}", json=again).raise_for_status().json()["metadata"]
            assert version["resourceVersion"] == made["metadata"]["resourceVersion"]
    # Whoever else writes one has what was written.
    other = route("other", profile, "cluster.local")
    assert leads_to(notebooks.http.post(where, json=other)) == f"other.{profile}.svc.cluster.local"
