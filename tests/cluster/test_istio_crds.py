"""Istio's kinds, as charms/istio-pilot defines them and a real kube-apiserver takes them."""

import copy
import json
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import yaml
from kubeflow_charms.parts.crds import expand
from kubeflow_charms.templates import render
from support.apiserver import ApiServer, Object, conditions, establish

HERE = pathlib.Path(__file__).parent
SOURCE = HERE.parents[1] / "charms" / "istio-pilot" / "src" / "crds.yaml"
DEFINITIONS = {crd["spec"]["names"]["kind"]: crd for group in render(SOURCE.read_text(), {}) for crd in expand(group)}
SAMPLES = {sample["kind"]: sample for sample in yaml.safe_load_all((HERE / "istio-samples.yaml").read_text())}
VERSIONS = [
    (kind, version["name"]) for kind, definition in DEFINITIONS.items() for version in definition["spec"]["versions"]
]
ALL = ("v1", "v1beta1", "v1alpha3")
SERVED = {
    "VirtualService": ALL,
    "DestinationRule": ALL,
    "Gateway": ALL,
    "ServiceEntry": ALL,
    "Sidecar": ALL,
    "WorkloadEntry": ALL,
    "WorkloadGroup": ALL,
    "EnvoyFilter": ("v1alpha3",),
    "ProxyConfig": ("v1beta1",),
    "AuthorizationPolicy": ("v1", "v1beta1"),
    "PeerAuthentication": ("v1", "v1beta1"),
    "RequestAuthentication": ("v1", "v1beta1"),
    "Telemetry": ("v1alpha1", "v1"),
    "WasmPlugin": ("v1alpha1",),
}
"""What Istio 1.28 serves, the version that it stores first: the base chart's CRDs."""

MISTAKES: list[tuple[str, str, Any, str]] = [
    ("VirtualService", "http", "katib-ui", "spec.http in body must be of type array"),
    ("VirtualService", "http.0.route.0.destination.port", 80, "spec.http[0].route[0].destination.port"),
    ("VirtualService", "http.0.route.0.weight", "90", 'spec.http[0].route[0].weight: Invalid value: "string"'),
    ("VirtualService", "http.0.route.0.destination.host", None, "spec.http[0].route[0].destination.host: Required"),
    ("VirtualService", "http.0.timeout", 300, "spec.http[0].timeout"),
    ("VirtualService", "hosts", "*", "spec.hosts"),
    ("VirtualService", "http.0.rewrites", {"uri": "/"}, 'unknown field "spec.http[0].rewrites"'),
    ("DestinationRule", "host", None, "spec.host: Required value"),
    ("DestinationRule", "trafficPolicy.tls.mode", "ISTIO", 'tls.mode: Unsupported value: "ISTIO"'),
    ("Gateway", "servers.0.port.number", "8080", 'spec.servers[0].port.number: Invalid value: "string"'),
    ("Gateway", "servers.0.port.number", 80800, "should be less than or equal to 65535"),
    ("Gateway", "servers.0.port.protocol", 8080, "spec.servers[0].port.protocol"),
    ("Gateway", "servers.0.hosts", None, "spec.servers[0].hosts: Required value"),
    ("Gateway", "servers.1.tls.mode", "TLS", "spec.servers[1].tls.mode: Unsupported value"),
    ("EnvoyFilter", "configPatches.0.applyTo", "HTTP_FILTERS", "spec.configPatches[0].applyTo: Unsupported value"),
    ("EnvoyFilter", "configPatches.0.patch.operation", "INSERT", "spec.configPatches[0].patch.operation: Unsupported"),
    ("ServiceEntry", "hosts", None, "spec.hosts: Required value"),
    ("ServiceEntry", "resolution", "static", "spec.resolution: Unsupported value"),
    ("Sidecar", "egress.0.hosts", "*/*", "spec.egress[0].hosts"),
    ("WorkloadEntry", "weight", "5", "spec.weight"),
    ("WorkloadGroup", "template", None, "spec.template: Required value"),
    ("ProxyConfig", "concurrency", "1", "spec.concurrency"),
    ("AuthorizationPolicy", "action", "ALLOWED", "spec.action: Unsupported value"),
    ("AuthorizationPolicy", "rules.0.to.0.operation.ports", [8080], "spec.rules[0].to[0].operation.ports[0]"),
    ("AuthorizationPolicy", "rules.0.to.0.operation.path", ["/"], 'field "spec.rules[0].to[0].operation.path"'),
    ("AuthorizationPolicy", "rules.0.when.0.key", None, "spec.rules[0].when[0].key: Required value"),
    ("PeerAuthentication", "mtls", "STRICT", "spec.mtls"),
    ("PeerAuthentication", "mtls.mode", "ON", "spec.mtls.mode: Unsupported value"),
    ("RequestAuthentication", "jwtRules.0.audiences", "kubeflow", "spec.jwtRules[0].audiences"),
    ("Telemetry", "tracing.0.randomSamplingPercentage", "12%", "spec.tracing[0].randomSamplingPercentage"),
    ("WasmPlugin", "url", None, "spec.url: Required value"),
]
"""A kind, a field of its sample, what somebody writes there (None: nothing), and what the refusal says."""

Send = Callable[..., httpx2.Response]


@pytest.fixture(scope="module")
def established(apiserver: ApiServer) -> dict[str, Object]:
    """Return the definitions as the API server has them, by kind."""
    with apiserver.client() as client:
        return dict(zip(DEFINITIONS, establish(client, DEFINITIONS.values()), strict=True))


@pytest.fixture
def send(apiserver: ApiServer, established: dict[str, Object]) -> Iterator[Send]:
    """Return a function that creates an object as strictly as kubectl does, for real with `keep=True`."""
    with apiserver.client() as client:

        def create(sample: Object, version: str, *, keep: bool = False) -> httpx2.Response:
            document = {"apiVersion": f"{DEFINITIONS[sample['kind']]['spec']['group']}/{version}", **sample}
            params = {"fieldValidation": "Strict", **({} if keep else {"dryRun": "All"})}
            return client.post(collection(sample["kind"], version), params=params, json=document)

        yield create


def collection(kind: str, version: str) -> str:
    spec = DEFINITIONS[kind]["spec"]
    return f"/apis/{spec['group']}/{version}/namespaces/default/{spec['names']['plural']}"


def changed(sample: Object, path: str, value: Any) -> Object:
    """Return the sample with another value at a dotted path of its spec."""
    document = copy.deepcopy(sample)
    place: Any = document["spec"]
    *way, last = path.split(".")
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_every_definition_is_established(established: dict[str, Object], kind: str):
    assert conditions(established[kind]) == {"NamesAccepted": "True", "Established": "True"}


def test_every_version_that_istiod_reads_is_served_and_upstreams_is_stored():
    served = {
        kind: [(version["name"], version["served"], version["storage"]) for version in definition["spec"]["versions"]]
        for kind, definition in DEFINITIONS.items()
    }
    wanted = {
        kind: sorted((version, True, version == versions[0]) for version in versions)
        for kind, versions in SERVED.items()
    }
    assert {kind: sorted(versions) for kind, versions in served.items()} == wanted


@pytest.mark.parametrize(("kind", "version"), VERSIONS)
def test_what_users_write_is_kept_as_written(send: Send, kind: str, version: str):
    answer = send(SAMPLES[kind], version)
    assert answer.is_success, answer.text
    assert answer.json()["spec"] == SAMPLES[kind]["spec"]


@pytest.mark.parametrize("kind", [kind for kind, versions in SERVED.items() if len(versions) > 1])
def test_an_object_of_one_version_reads_the_same_as_any_other(apiserver: ApiServer, send: Send, kind: str):
    versions = SERVED[kind]
    assert send(SAMPLES[kind], versions[-1], keep=True).is_success
    name = SAMPLES[kind]["metadata"]["name"]
    with apiserver.client() as client:
        found = [client.get(f"{collection(kind, version)}/{name}").json()["spec"] for version in versions]
        client.delete(f"{collection(kind, versions[0])}/{name}").raise_for_status()
    assert found == [SAMPLES[kind]["spec"]] * len(versions)


@pytest.mark.parametrize(("kind", "path", "value", "message"), MISTAKES)
def test_a_mistake_is_refused_with_the_fields_name(send: Send, kind: str, path: str, value: Any, message: str):
    answer = send(changed(SAMPLES[kind], path, value), SERVED[kind][0])
    assert answer.status_code in (400, 422)
    assert message in answer.json()["message"]


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_the_controller_may_write_any_status(apiserver: ApiServer, send: Send, kind: str):
    version = SERVED[kind][0]
    assert send(SAMPLES[kind], version, keep=True).is_success
    path = f"{collection(kind, version)}/{SAMPLES[kind]['metadata']['name']}"
    status = {"conditions": [{"type": "Reconciled", "status": "True"}], "anything": {"deeper": [1]}}
    with apiserver.client() as client:
        answer = client.patch(
            f"{path}/status",
            headers={"Content-Type": "application/merge-patch+json"},
            content=json.dumps({"status": status}),
        )
        client.delete(path).raise_for_status()
    assert answer.json().get("status") == status


def test_a_list_shows_what_people_look_for(apiserver: ApiServer, send: Send):
    assert send(SAMPLES["VirtualService"], "v1", keep=True).is_success
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    with apiserver.client() as client:
        found = client.get(collection("VirtualService", "v1"), headers=table).json()
        client.delete(f"{collection('VirtualService', 'v1')}/katib-ui").raise_for_status()
    columns = [column["name"] for column in found["columnDefinitions"]]
    cells = dict(zip(columns, found["rows"][0]["cells"], strict=True))
    assert columns == ["Name", "Gateways", "Hosts", "Age"]
    assert (cells["Name"], cells["Gateways"]) == ("katib-ui", '["kubeflow/kubeflow-gateway"]')
    assert re.fullmatch(r"\d+s", cells["Age"])
