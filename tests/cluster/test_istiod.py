"""What a real istiod does with the configuration, the rights and the webhooks that charms/istio-pilot gives it."""

import json
import socket
import time
from collections.abc import Iterator

import httpx2
import pytest
from kubeflow_charms.engine.cluster import plural
from kubeflow_charms.parts.crds import expand
from support.apiserver import ApiServer, Object, establish
from support.deployment import MODEL
from support.istiod import ENABLED, PLAIN, Istiod, running

GATEWAY_API = {
    "group": "gateway.networking.k8s.io",
    "kinds": {
        kind: {
            "plural": plural(kind),
            "scope": "Cluster" if kind == "GatewayClass" else "Namespaced",
            "versions": {"v1": {"storage": True, "status": True}, "v1beta1": {}},
            "annotations": {"api-approved.kubernetes.io": "unapproved, of a test"},
        }
        for kind in ("GatewayClass", "Gateway", "HTTPRoute", "ReferenceGrant")
    },
}
"""What many clusters have, and istiod reads although it is told not to use it."""


@pytest.fixture(scope="module")
def istiod(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Istiod]:
    """Return a running istiod with its webhooks registered."""
    with apiserver.client() as client:
        establish(client, expand(GATEWAY_API))
    with running(apiserver, tmp_path_factory.mktemp("charm"), tmp_path_factory.mktemp("istiod")) as started:
        yield started


def containers(answer: httpx2.Response) -> tuple[list[str], dict[str, Object]]:
    """Return the names of a pod's init containers, and all containers by name."""
    assert answer.is_success, answer.text
    spec = answer.json()["spec"]
    first = spec.get("initContainers", [])
    return [item["name"] for item in first], {item["name"]: item for item in [*first, *spec["containers"]]}


def environment(container: Object) -> dict[str, str]:
    """Return the plain variables of a container."""
    return {item["name"]: item.get("value", "") for item in container["env"]}


def test_istiod_is_ready_with_the_rights_of_its_role_and_asks_for_no_others(istiod: Istiod):
    assert [line for line in istiod.log.read_text().splitlines() if "forbidden" in line] == []


def test_what_proxies_are_told_is_told_to_no_other_pod_in_plain_text(istiod: Istiod):
    with socket.create_connection(("127.0.0.1", istiod.port), timeout=5):
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", istiod.port), timeout=5)


def test_the_namespaces_of_the_mesh_get_the_root_certificate_and_no_others(istiod: Istiod):
    paths = {name: f"/api/v1/namespaces/{name}/configmaps/istio-ca-root-cert" for name in (ENABLED, PLAIN)}
    deadline = time.monotonic() + 20
    while not (found := istiod.client.get(paths[ENABLED])).is_success and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found.json()["data"]["root-cert.pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert istiod.client.get(paths[PLAIN]).status_code == 404


def test_the_sidecar_starts_before_the_pods_own_init_containers_and_outlives_its_containers(istiod: Istiod):
    first, found = containers(istiod.pod(initContainers=[{"name": "setup", "image": "web:1"}]))
    assert first == ["istio-init", "istio-proxy", "setup"]
    assert found["istio-proxy"]["restartPolicy"] == "Always"
    assert found["istio-proxy"]["startupProbe"]["httpGet"] == {
        "path": "/healthz/ready",
        "port": 15021,
        "scheme": "HTTP",
    }


def test_the_sidecar_finds_this_control_plane_and_trusts_no_other(istiod: Istiod):
    answer = istiod.pod()
    _, found = containers(answer)
    proxy = found["istio-proxy"]
    volumes = {item["name"]: item for item in answer.json()["spec"]["volumes"]}
    mounts = {item["mountPath"]: volumes[item["name"]] for item in proxy["volumeMounts"]}
    assert environment(proxy)["CA_ADDR"] == f"istiod.{MODEL}.svc:15012"
    assert json.loads(environment(proxy)["PROXY_CONFIG"])["discoveryAddress"] == f"istiod.{MODEL}.svc:15012"
    assert mounts["/var/run/secrets/istio"]["configMap"]["name"] == "istio-ca-root-cert"
    (token,) = mounts["/var/run/secrets/tokens"]["projected"]["sources"]
    assert token["serviceAccountToken"]["audience"] == "istio-ca"


def test_the_sidecar_is_not_root_and_can_gain_nothing(istiod: Istiod):
    _, found = containers(istiod.pod())
    assert found["istio-proxy"]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsGroup": 1337,
        "runAsNonRoot": True,
        "runAsUser": 1337,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@pytest.mark.parametrize(
    ("namespace", "labels", "injected"),
    [
        (ENABLED, {}, True),
        (ENABLED, {"sidecar.istio.io/inject": "false"}, False),
        (ENABLED, {"sidecar.istio.io/inject": "true"}, True),
        (ENABLED, {"training.kubeflow.org/job-name": "train"}, False),
        (ENABLED, {"training.kubeflow.org/job-name": "train", "sidecar.istio.io/inject": "true"}, True),
        (ENABLED, {"training.kubeflow.org/job-name": "train", "sidecar.istio.io/inject": "false"}, False),
        (ENABLED, {"jobset.sigs.k8s.io/jobset-name": "train"}, False),
        (ENABLED, {"batch.kubernetes.io/job-name": "clean-up"}, True),
        (PLAIN, {}, False),
        (PLAIN, {"sidecar.istio.io/inject": "true"}, False),
        (PLAIN, {"istio.io/rev": "default"}, False),
        ("kube-system", {"sidecar.istio.io/inject": "true"}, False),
        (ENABLED, {"app.kubernetes.io/name": "istio-pilot"}, False),
    ],
)
def test_pods_get_a_sidecar_as_their_namespace_and_labels_say(
    istiod: Istiod, namespace: str, labels: dict[str, str], injected: bool
):
    first, _ = containers(istiod.pod(namespace, labels=labels))
    assert ("istio-proxy" in first) == injected


@pytest.mark.parametrize(
    ("annotation", "value", "argument"),
    [
        ("excludeInboundPorts", "9000,9001", "--istio-local-exclude-ports=15020,15021,15090,9000,9001"),
        ("includeInboundPorts", "8080", "--istio-inbound-ports=8080"),
        ("excludeOutboundPorts", "3306", "--istio-local-outbound-ports-exclude=3306"),
        ("includeOutboundPorts", "443", "--istio-outbound-ports=443"),
        ("includeOutboundIPRanges", "10.0.0.0/8", "--istio-service-cidr=10.0.0.0/8"),
        ("excludeOutboundIPRanges", "10.1.0.0/16", "--istio-service-exclude-cidr=10.1.0.0/16"),
    ],
)
def test_an_annotation_steers_which_traffic_passes_the_sidecar(
    istiod: Istiod, annotation: str, value: str, argument: str
):
    _, found = containers(istiod.pod(annotations={f"traffic.sidecar.istio.io/{annotation}": value}))
    assert argument in found["istio-init"]["args"]


@pytest.mark.parametrize(
    ("annotations", "resources"),
    [
        ({}, {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}),
        (
            {"proxyCPU": "250m", "proxyMemory": "2Gi"},
            {"requests": {"cpu": "250m", "memory": "2Gi"}},
        ),
        (
            {"proxyCPULimit": "5m", "proxyMemory": "32Mi", "proxyMemoryLimit": "64Mi"},
            {"requests": {"cpu": "5m", "memory": "32Mi"}, "limits": {"cpu": "5m", "memory": "64Mi"}},
        ),
    ],
)
def test_a_pods_own_request_or_limit_replaces_the_defaults(
    istiod: Istiod, annotations: dict[str, str], resources: Object
):
    _, found = containers(
        istiod.pod(annotations={f"sidecar.istio.io/{name}": value for name, value in annotations.items()})
    )
    assert found["istio-proxy"]["resources"] == resources


def test_a_pod_may_bring_its_own_settings_of_the_proxy(istiod: Istiod):
    own = {
        "name": "istio-proxy",
        "image": "auto",
        "securityContext": {"runAsUser": 2000},
        "env": [{"name": "A", "value": "b"}],
    }
    _, found = containers(istiod.pod(containers=[{"name": "web", "image": "web:1"}, own]))
    assert found["istio-proxy"]["securityContext"]["runAsUser"] == 2000
    assert environment(found["istio-proxy"])["A"] == "b"
    assert found["istio-proxy"]["image"] != "auto"
    assert found["istio-init"]["args"][found["istio-init"]["args"].index("-u") + 1] == "2000"


def test_probes_go_through_the_sidecar(istiod: Istiod):
    _, found = containers(istiod.pod())
    assert found["web"]["readinessProbe"]["httpGet"] == {
        "path": "/app-health/web/readyz",
        "port": 15020,
        "scheme": "HTTP",
    }
    probers = json.loads(environment(found["istio-proxy"])["ISTIO_KUBE_APP_PROBERS"])
    assert probers["/app-health/web/readyz"]["httpGet"] == {"path": "/ok", "port": 8080, "scheme": "HTTP"}


def test_metrics_of_the_pod_are_served_with_the_proxys_own(istiod: Istiod):
    answer = istiod.pod(annotations={"prometheus.io/scrape": "true", "prometheus.io/port": "8080"})
    _, found = containers(answer)
    annotations = answer.json()["metadata"]["annotations"]
    assert (annotations["prometheus.io/port"], annotations["prometheus.io/path"]) == ("15020", "/stats/prometheus")
    assert json.loads(environment(found["istio-proxy"])["ISTIO_PROMETHEUS_ANNOTATIONS"])["port"] == "8080"


def test_a_pod_whose_traffic_is_not_redirected_needs_no_privileged_init_container(istiod: Istiod):
    first, _ = containers(istiod.pod(annotations={"sidecar.istio.io/interceptionMode": "NONE"}))
    assert first == ["istio-proxy"]


def test_a_gateway_of_ones_own_is_a_proxy_without_an_application(istiod: Istiod):
    proxy = {"name": "istio-proxy", "image": "auto"}
    first, found = containers(
        istiod.pod(annotations={"inject.istio.io/templates": "gateway"}, labels={"istio": "own"}, containers=[proxy])
    )
    assert (first, list(found)) == ([], ["istio-proxy"])
    assert found["istio-proxy"]["args"][:2] == ["proxy", "router"]


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        ("sidecar.istio.io/proxyCPU", "lots", "sidecar.istio.io/proxyCPU"),
        ("sidecar.istio.io/interceptionMode", "TPROXY", "interceptionMode: use REDIRECT or NONE, not TPROXY"),
        ("traffic.sidecar.istio.io/excludeInboundPorts", "http", "traffic.sidecar.istio.io/excludeInboundPorts"),
    ],
)
def test_a_wrong_annotation_is_refused_by_its_name(istiod: Istiod, annotation: str, value: str, message: str):
    answer = istiod.pod(annotations={annotation: value})
    assert answer.status_code == 400
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    ("labels", "checked"), [({}, True), ({"istio.io/rev": "default"}, True), ({"istio.io/rev": "canary"}, False)]
)
def test_a_broken_virtual_service_is_refused_unless_it_is_another_istios(
    istiod: Istiod, labels: dict[str, str], checked: bool
):
    service = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "broken", "labels": labels},
        "spec": {"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web"}}], "timeout": "soon"}]},
    }
    answer = istiod.client.post(
        f"/apis/networking.istio.io/v1/namespaces/{PLAIN}/virtualservices", params={"dryRun": "All"}, json=service
    )
    assert answer.is_success is not checked
    if checked:
        assert "soon" in answer.json()["message"]
