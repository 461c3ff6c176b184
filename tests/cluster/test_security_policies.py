"""What Kubernetes' own admission says of pods with a sidecar, with Istio's CNI plugin and without."""

from collections.abc import Iterator

import httpx2
import pytest
from support.apiserver import ApiServer, apply
from support.istiod import Istiod, running

STANDARDS = ("privileged", "baseline", "restricted")
STRICT = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "web",
            "image": "web:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}
"""A pod that asks for what the strictest standard wants of it."""


@pytest.fixture(scope="module", params=[False, True], ids=["without-plugin", "with-plugin"])
def meshes(
    apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[bool, Istiod]]:
    """Return whether sidecars rely on the plugin, and istiod, with a namespace for each standard."""
    folders = (tmp_path_factory.mktemp("charm"), tmp_path_factory.mktemp("istiod"))
    with running(apiserver, *folders, cni=request.param) as started:
        for standard in STANDARDS:
            labels = {"istio-injection": "enabled", "pod-security.kubernetes.io/enforce": standard}
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": standard, "labels": labels}}
            apply(started.client, f"/api/v1/namespaces/{standard}", namespace)
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            apply(started.client, f"/api/v1/namespaces/{standard}/serviceaccounts/default", account)
        yield request.param, started


def first(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.is_success, answer.text
    return answer.json()["spec"]["initContainers"]


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_pod_with_a_sidecar_is_taken_where_its_traffic_is_redirected_without_rights(
    meshes: tuple[bool, Istiod], standard: str
) -> None:
    plugin, istiod = meshes
    answer = istiod.pod(standard, **STRICT)
    if plugin or standard == "privileged":
        names = [item["name"] for item in first(answer)]
        assert names == ["istio-validation" if plugin else "istio-init", "istio-proxy"]
    else:
        assert answer.status_code == 403
        assert "istio-init" in answer.json()["message"]


def test_a_pod_that_the_plugin_missed_does_not_start(meshes: tuple[bool, Istiod]) -> None:
    plugin, istiod = meshes
    arguments = first(istiod.pod("privileged"))[0]["args"]
    assert ("--run-validation" in arguments, "--skip-rule-apply" in arguments) == (plugin, plugin)


def test_the_user_of_the_proxy_is_left_out_of_the_redirection(meshes: tuple[bool, Istiod]) -> None:
    _, istiod = meshes
    own = {"name": "istio-proxy", "image": "auto", "securityContext": {"runAsUser": 2000}}
    arguments = first(istiod.pod("privileged", containers=[{"name": "web", "image": "web:1"}, own]))[0]["args"]
    assert arguments[arguments.index("-u") + 1] == "2000"
