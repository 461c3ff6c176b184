"""What the actions of kubeflow-profiles take for a quota is what Kubernetes takes, and what they refuse it refuses."""

import json
import pathlib
import sys
from typing import Any

import httpx2
import pytest
from support.charms import load_charm
from support.profiles import ADA, PROFILES, Profiles

load_charm(pathlib.Path(__file__).parents[2] / "charms" / "kubeflow-profiles")
QUOTAS = sys.modules["profile_quotas"]
CPU, PODS, CLAIMS = {"cpu": 8}, {"pods": 8}, {"persistentvolumeclaims": 8}


def selector(scope: str, operator: str, *values: str) -> dict[str, Any]:
    more = {"values": list(values)} if values else {}
    return {"matchExpressions": [{"scopeName": scope, "operator": operator, **more}]}


@pytest.mark.parametrize(
    "spec",
    [
        {
            "hard": {
                "nvidia.com/gpu": 1,
                "limits.memory": "8Gi",
                "requests.storage": "1Ti",
                "count/notebooks.kubeflow.org": 3,
            }
        },
        {
            "hard": {
                "fast.storageclass.storage.k8s.io/requests.storage": "1Ti",
                "count/pods": 9,
                "services.nodeports": 0,
            }
        },
        {"hard": {"hugepages-2Mi": "1Gi", "ephemeral-storage": "1.5Gi", "requests.cpu": "500m"}},
        {"hard": CPU, "scopes": ["NotTerminating", "NotBestEffort"]},
        {"hard": PODS, "scopes": ["BestEffort"]},
        {"hard": {"nvidia.com/gpu": 1}, "scopes": ["BestEffort"]},
        {"hard": CPU, "scopeSelector": selector("PriorityClass", "In", "high", "low")},
        {"hard": CPU, "scopeSelector": selector("PriorityClass", "Exists")},
        {"hard": CPU, "scopeSelector": selector("Terminating", "Exists")},
    ],
    ids=str,
)
def test_what_is_taken_kubernetes_takes(collected: httpx2.Client, spec: dict[str, Any]) -> None:
    answer = _quota(collected, QUOTAS.specification(spec))
    assert answer.is_success, answer.text


@pytest.mark.parametrize(
    "spec",
    [
        {"hard": {"gpu": 1}},
        {"hard": {"limitsCpu": 4}},
        {"hard": {"pods": "1500m"}},
        {"hard": {"cpu": -1}},
        {"hard": CPU, "scopes": ["Some"]},
        {"hard": CPU, "scopes": ["BestEffort"]},
        {"hard": CLAIMS, "scopes": ["Terminating"]},
        {"hard": PODS, "scopes": ["BestEffort", "NotBestEffort"]},
        {"hard": CPU, "scopeSelector": selector("PriorityClass", "In")},
        {"hard": CPU, "scopeSelector": selector("PriorityClass", "Exists", "high")},
        {"hard": CPU, "scopeSelector": selector("Terminating", "DoesNotExist")},
        {"hard": CPU, "scopeSelector": selector("PriorityClass", "Is", "high")},
        {"hard": CLAIMS, "scopeSelector": selector("PriorityClass", "In", "high")},
    ],
    ids=str,
)
def test_what_is_refused_kubernetes_refuses(collected: httpx2.Client, spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(quota|resources): "):
        QUOTAS.specification(spec)
    assert _quota(collected, spec).status_code == 422


@pytest.mark.parametrize("by_file", [False, True])
def test_a_quota_is_taken_away_with_what_the_controller_made_of_it(
    profiles: Profiles, namespace: str, by_file: bool
) -> None:
    path, made = f"{PROFILES}/{namespace}", f"/api/v1/namespaces/{namespace}/resourcequotas"
    profiles.act("create-profile", owner=ADA, name=namespace, quota="cpu=8")
    spec = profiles.http.get(path).json()["spec"]["resourceQuotaSpec"]
    profiles.http.post(made, json={"metadata": {"name": "kf-resource-quota"}, "spec": spec}).raise_for_status()

    def take_away() -> str:
        if not by_file:
            return profiles.act("create-profile", owner=ADA, name=namespace, quota="none")["changed"]
        text = json.dumps([{"name": namespace, "owner": ADA, "quota": {}}])
        return profiles.act("import-profiles", profiles=text)["changed"]

    assert take_away() in ("true", namespace)
    assert "resourceQuotaSpec" not in profiles.http.get(path).json()["spec"]
    assert profiles.http.get(made).json()["items"] == []
    assert take_away() in ("false", "")


def _quota(client: httpx2.Client, spec: dict[str, Any]) -> httpx2.Response:
    path = "/api/v1/namespaces/default/resourcequotas"
    return client.post(path, json={"metadata": {"name": "q"}, "spec": spec}, params={"dryRun": "All"})
