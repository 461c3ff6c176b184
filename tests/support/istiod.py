"""A real istiod, run as charms/istio-pilot would have Pebble run it, with the objects and rights that it makes."""

import contextlib
import dataclasses
import json
import pathlib
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from ops import testing

from .apiserver import ApiServer, Object, answers, apply, await_answer, establish, free_ports, log_of, program
from .charms import load_charm
from .deployment import MODEL, deployed
from .programs import find

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "istio-pilot"
ACCOUNT = "istio-pilot-istiod"
ENABLED, PLAIN = "team", "plain"
"""Namespaces whose pods get a sidecar, and whose pods get one only if they ask for it."""
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/"
LISTENERS = ("httpAddr", "httpsAddr", "grpcAddr", "secureGRPCAddr", "monitoringAddr")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the charm made: objects by URL path, and istiod's command, environment and files."""

    objects: Mapping[str, Object]
    command: list[str]
    environment: Mapping[str, str]
    files: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Istiod:
    """A running istiod, the administrator's client of its cluster, its log, and the port that proxies may ask."""

    client: httpx2.Client
    log: pathlib.Path
    port: int

    def pod(self, namespace: str = ENABLED, **parts: Any) -> httpx2.Response:
        """Ask the API for a pod that a Deployment would make; `parts` are labels, annotations and the spec's fields."""
        metadata = {
            "generateName": "web-7d4f8b9c6-",
            "labels": {"app": "web", "pod-template-hash": "7d4f8b9c6", **parts.pop("labels", {})},
            "annotations": parts.pop("annotations", {}),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d4f8b9c6", "uid": "1"}],
        }
        container = {
            "name": "web",
            "image": "web:1",
            "ports": [{"name": "http", "containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/ok", "port": "http"}},
        }
        spec = {"serviceAccountName": "default", "containers": [container], **parts}
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/pods"
        return self.client.post(path, params={"dryRun": "All", "fieldValidation": "Strict"}, json=document)


def planned(folder: pathlib.Path, *relations: testing.Relation, **options: str | bool) -> Plan:
    """Return what the charm makes of its options, else its defaults, and of what others say."""
    with (
        pytest.MonkeyPatch.context() as patch,
        deployed(load_charm(ROOT).IstioPilot, ROOT, patch, folder) as pilot,
    ):
        state = pilot.settle(pilot.state(relations=relations, config=options))
        service = state.get_container("istiod").plan.services["istiod"]
        files = {path: file.text for path, file in pilot.files["istiod"].items()}
        return Plan(pilot.cluster.lasting, shlex.split(service.command), service.environment, files)


def prepare(client: httpx2.Client, plan: Plan) -> str:
    """Make all of the charm's objects but the webhooks, and return a token of istiod's account."""
    for name, labels in ((MODEL, {}), (ENABLED, {"istio-injection": "enabled"}), (PLAIN, {})):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        apply(client, f"/api/v1/namespaces/{name}", namespace)
    left_to_others = ("Namespace", "StatefulSet", "Secret")
    objects = {path: item for path, item in plan.objects.items() if item["kind"] not in left_to_others}
    establish(client, [item for item in objects.values() if item["kind"] == "CustomResourceDefinition"])
    for path, item in objects.items():
        if not path.startswith(WEBHOOKS):
            apply(client, path, item)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    return client.post(f"/api/v1/namespaces/{MODEL}/serviceaccounts/{ACCOUNT}/token", json=request).json()["status"][
        "token"
    ]


@contextlib.contextmanager
def registered(client: httpx2.Client, plan: Plan, port: int) -> Iterator[None]:
    """Register the charm's webhooks, at istiod's address here instead of its Service's."""
    paths = [path for path in plan.objects if path.startswith(WEBHOOKS)]
    for path in paths:
        item = json.loads(json.dumps(plan.objects[path]))
        for webhook in item["webhooks"]:
            service = webhook["clientConfig"].pop("service")
            assert (service["name"], service["namespace"], service["port"]) == ("istiod", MODEL, 443)
            webhook["clientConfig"]["url"] = f"https://localhost:{port}{service['path']}"
        apply(client, path, item)
    try:
        yield
    finally:
        for path in paths:
            client.delete(path)


@contextlib.contextmanager
def running(
    apiserver: ApiServer,
    charm: pathlib.Path,
    folder: pathlib.Path,
    *relations: testing.Relation,
    **options: str | bool,
) -> Iterator[Istiod]:
    """Run istiod in a folder, with its webhooks registered; skip the test if the program is not there.

    Args:
        apiserver: its cluster.
        charm: an empty folder for the charm.
        folder: an empty folder for istiod.
        *relations: of the charm.
        **options: of the charm.
    """
    binary = find("pilot-discovery")
    log = log_of(binary, folder)
    plan = planned(charm, *relations, **options)
    for path, text in plan.files.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
    # At an address that the charm chose, plain gRPC stays there.
    (plain,) = [flag.removeprefix("--grpcAddr=") for flag in plan.command if flag.startswith("--grpcAddr=")]
    hosts = {"grpcAddr": plain.rpartition(":")[0]}
    listen = [f"--{name}={hosts.get(name, '127.0.0.1')}:{port}" for name, port in ports.items()]
    command = [binary, *plan.command[1:], *listen, "--ctrlz_port=0"]
    kubeconfig = folder / "kubeconfig"
    environment = {"KUBECONFIG": str(kubeconfig), "ISTIOD_CUSTOM_HOST": "localhost", **plan.environment}
    with apiserver.client() as client, httpx2.Client(base_url=f"http://127.0.0.1:{ports['httpAddr']}") as http:
        kubeconfig.write_text(json.dumps(apiserver.kubeconfig(prepare(client, plan))))
        with program(command, folder, environment) as process:
            await_answer(process, log, lambda: answers(http, "/ready"))
            with registered(client, plan, ports["httpsAddr"]):
                yield Istiod(client, log, ports["grpcAddr"])
