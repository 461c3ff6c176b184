"""kubeflow-dashboard's objects on a real API server, and what the dashboard's own account may see there."""

import json
import pathlib
from collections.abc import Iterator

import httpx2
import pytest
from kubeflow_charms.parts.crds import expand
from kubeflow_charms.parts.templates import render
from ops import testing
from support.apiserver import ApiServer, establish
from support.application import Application, deployed_on
from support.charms import load_charm
from support.deployment import deployed
from support.eventually import eventually

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
ROOT = CHARMS / "kubeflow-dashboard"
PROFILES = {"_supported_versions": "- v1\n", "data": "service-name: kubeflow-profiles\nservice-port: '8081'\n"}
NOTEBOOKS = {"dashboard_links": '[{"text": "Notebooks", "link": "/jupyter/", "location": "menu", "icon": "book"}]'}


@pytest.fixture
def dashboard(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Application]:
    definitions = render((CHARMS / "istio-pilot" / "src" / "crds.yaml").read_text(), {})
    policies = [
        crd for group in definitions for crd in expand(group) if crd["spec"]["names"]["kind"] == "AuthorizationPolicy"
    ]
    establish(collected, policies)
    charm = load_charm(ROOT)
    with deployed(charm.KubeflowDashboard, ROOT, monkeypatch, tmp_path) as deployment:
        yield from deployed_on(apiserver, collected, deployment, monkeypatch)


def state(application: Application, **config: str | int) -> testing.State:
    principal = f"cluster.local/ns/{application.model}/sa/istio-ingressgateway"
    relations = [
        testing.Relation("kubeflow-profiles", remote_app_data=PROFILES),
        testing.Relation("links", remote_app_data=NOTEBOOKS),
        testing.Relation("ingress", remote_app_data={"url": "http://10.0.0.1", "principals": principal}),
    ]
    return application.state(relations=relations, config=config)


@pytest.fixture
def settled(dashboard: Application) -> Application:
    assert dashboard.settle(state(dashboard)).unit_status == testing.ActiveStatus("http://10.0.0.1")
    return dashboard


def test_the_dashboard_reads_its_links_with_its_own_account(settled: Application) -> None:
    where = f"/api/v1/namespaces/{settled.model}/configmaps/centraldashboard-config"
    with settled.workload("dashboard") as client:
        eventually(lambda: client.get(where).is_success)
        data = client.get(where).json()["data"]
    assert json.loads(data["links"])["menuLinks"][0]["text"] == "Notebooks"
    assert json.loads(data["settings"]) == {"DASHBOARD_FORCE_IFRAME": True}


def test_the_dashboard_sees_the_nodes_and_events_unless_an_option_says_otherwise(settled: Application) -> None:
    events = "/api/v1/namespaces/default/events"
    with settled.workload("dashboard") as client:
        eventually(lambda: client.get("/api/v1/nodes").is_success)
        eventually(lambda: client.get(events).is_success)
        settled.settle(state(settled, **{"show-activity": False}))
        eventually(lambda: client.get(events).status_code == 403)


def test_the_dashboard_sees_and_changes_nothing_else(settled: Application) -> None:
    namespace = f"/api/v1/namespaces/{settled.model}"
    with settled.workload("dashboard") as client:
        eventually(lambda: client.get("/api/v1/nodes").is_success)
        for path in ("secrets", "configmaps", "configmaps/other", "pods", "pods/any/log", "serviceaccounts"):
            assert client.get(f"{namespace}/{path}").status_code == 403
        for path in ("secrets", "namespaces"):
            assert client.get(f"/api/v1/{path}").status_code == 403
        assert client.delete(f"{namespace}/configmaps/centraldashboard-config").status_code == 403
        assert client.post("/api/v1/namespaces", json={"metadata": {"name": "mine"}}).status_code == 403


def test_another_config_map_is_opened_and_the_old_one_is_gone(settled: Application) -> None:
    settled.settle(state(settled, **{"dashboard-configmap": "mine"}))
    where = f"/api/v1/namespaces/{settled.model}/configmaps"
    with settled.workload("dashboard") as client:
        eventually(lambda: client.get(f"{where}/mine").is_success)
    assert settled.get(f"{where}/centraldashboard-config") == {}


def test_the_policies_are_taken_as_they_are(settled: Application) -> None:
    groups = {"networking.k8s.io": "networkpolicies", "security.istio.io": "authorizationpolicies"}
    for group, kind in groups.items():
        found = settled.get(f"/apis/{group}/v1/namespaces/{settled.model}/{kind}/kubeflow-dashboard")
        assert found["spec"]["podSelector" if kind == "networkpolicies" else "selector"]["matchLabels"] == {
            "app.kubernetes.io/name": "kubeflow-dashboard"
        }
