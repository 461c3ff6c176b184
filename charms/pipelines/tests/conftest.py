import dataclasses
import http.server
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from ops import testing
from support import pipelines_gate
from support.answering import answering
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing
from support.fake_cluster import FakeCluster, Object

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
GATEWAY = "cluster.local/ns/istio/sa/istio-ingressgateway"
WORD = "word-of-the-database"
METADATA_WORD = "word-of-the-metadata"
ADDRESS_OF_THE_API = "10.152.183.7"
KEY = "key-of-the-object-store"
ADDRESS = {
    "_supported_versions": '["v1", "v2"]',
    "url": "https://kubeflow.example.com",
    "principals": GATEWAY,
}


@dataclasses.dataclass
class ObjectStore:
    """An object store on this machine that only knows which buckets there are.

    Attributes:
        buckets: that are there.
        requests: `METHOD path` of each, oldest first.
        refusal: what it answers instead; 0 for what it should.
        port: where it listens.
    """

    buckets: set[str] = dataclasses.field(default_factory=set)
    requests: list[str] = dataclasses.field(default_factory=list)
    refusal: int = 0
    port: int = 0

    def answer(self, method: str, path: str) -> int:
        self.requests.append(f"{method} {path}")
        bucket = path.strip("/")
        if self.refusal:
            return self.refusal
        if method == "PUT":
            self.buckets.add(bucket)
        return 200 if bucket in self.buckets else 404


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    found = ObjectStore()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            assert self.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=minio/")
            self.send_response(found.answer(self.command, self.path))
            self.send_header("content-length", "0")
            self.end_headers()

        do_HEAD = do_PUT = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    with answering(server):
        yield found


@dataclasses.dataclass
class Pipelines:
    """A unit of pipelines, and what one asks about it."""

    deployment: Deployment
    store: ObjectStore

    @property
    def cluster(self) -> FakeCluster:
        return self.deployment.cluster

    def databags(self) -> dict[str, Mapping[str, str]]:
        """Return what the related applications write."""
        storage = {
            "access-key": "minio",
            "secret-key": KEY,
            "service": "127.0.0.1",
            "port": self.store.port,
            "secure": False,
        }
        return {
            "relational-db": database("mlpipeline", WORD),
            "metadata-db": database("metadb", METADATA_WORD),
            "object-storage": {"_supported_versions": '["v1"]', "data": json.dumps(storage)},
            "ingress": ADDRESS,
            "metadata-ingress": ADDRESS,
            "dashboard-links": {},
            "kubeflow-profiles": {"_supported_versions": '["v1"]'},
            "pod-defaults": {},
            "kfp-api": {},
            "kfp-api-grpc": {},
            "grpc": {},
        }

    def state(self, *, databags: Mapping[str, Mapping[str, str] | None] | None = None, **changes: Any) -> testing.State:
        """Return a state related to everything, but for the databags given; None leaves a relation out."""
        relations = [
            testing.Relation(endpoint, remote_app_name="other", remote_app_data=dict(databag))
            for endpoint, databag in {**self.databags(), **(databags or {})}.items()
            if databag is not None
        ]
        return self.deployment.state(relations=relations, **changes)

    def settle(self, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can; options with underscores for hyphens."""
        return self.deployment.settle(self.state(**changes))

    def configured(self, **options: Any) -> testing.State:
        """Return the state of a unit with these options, with underscores for hyphens."""
        return self.settle(config={name.replace("_", "-"): value for name, value in options.items()})

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        state = dataclasses.replace(state, config={**state.config, **config})
        on = self.deployment.context.on
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def placed(self, state: testing.State) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the databag for kubeflow-profiles, and the content of the Juju secret that it names."""
        (relation,) = state.get_relations("pod-defaults")
        databag = relation.local_app_data
        (secret,) = [secret for secret in state.secrets if secret.id == databag["kubernetes_manifests"]]
        assert relation.id in secret.remote_grants
        return databag, secret.latest_content or secret.tracked_content or {}

    def again(self, state: testing.State) -> testing.State:
        """Return the state after a hook that changes nothing."""
        return self.deployment.run(self.deployment.context.on.update_status(), passing(state))

    def blocked(self, **options: Any) -> str:
        """Return the message with which options block the unit."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        state = self.deployment.run(self.deployment.context.on.config_changed(), self.state(config=config))
        assert isinstance(state.unit_status, testing.BlockedStatus)
        return state.unit_status.message

    def service(self, state: testing.State, container: str) -> Any:
        """Return what Pebble runs in a container."""
        return state.get_container(container).plan.services[container]

    def file(self, container: str, path: str) -> str:
        """Return a file that the charm wrote."""
        return self.deployment.files[container][path].text

    def said(self, state: testing.State, endpoint: str) -> dict[str, str]:
        """Return what the charm wrote for an endpoint."""
        return dict(state.get_relations(endpoint)[0].local_app_data)


def database(name: str, word: str) -> dict[str, str]:
    """Return what a MySQL server writes without secrets."""
    return {
        "endpoints": "mysql-primary.edge.svc.cluster.local.:3306",
        "database": name,
        "username": "u",
        "password": word,
    }


def give_address(item: Object) -> None:
    """Let a Service have an address, as the API server does."""
    if item["kind"] == "Service":
        item["spec"].setdefault("clusterIP", ADDRESS_OF_THE_API)


@pytest.fixture
def pipelines(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, store: ObjectStore) -> Iterator[Pipelines]:
    with deployed(CHARM.Pipelines, ROOT, monkeypatch, tmp_path) as deployment:
        deployment.cluster.react = give_address
        yield Pipelines(deployment, store)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Return the ports of a gate that runs, and of the stand-ins behind it, which keep nothing of a request."""
    with pipelines_gate.running(tmp_path_factory.mktemp("gate")) as found:
        yield found


@pytest.fixture
def gate(ports: dict[str, int]) -> Iterator[httpx2.Client]:
    """Yield a client of the gate."""
    with pipelines_gate.asking(ports["GATE_HTTP"]) as client:
        yield client


@pytest.fixture
def pages(ports: dict[str, int]) -> Iterator[httpx2.Client]:
    """Yield Ada's client of the pages, as the gateway passes its requests on."""
    with pipelines_gate.asking(ports["GATE_PAGES"], **pipelines_gate.ADA) as client:
        yield client
