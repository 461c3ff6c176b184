import dataclasses
import http.server
import pathlib
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.answering import answering
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing
from support.filesystem import Written

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
SQL = ("mysql", "--defaults-extra-file=/run/mysql/client.cnf")


@dataclasses.dataclass
class Mysql:
    """A unit of mysql, and what one asks about it; its server has no users and says yes to everything."""

    deployment: Deployment
    stdout: str = ""

    def state(self, *relations: testing.Relation, **changes: Any) -> testing.State:
        """Return the state of a unit before its first event."""
        container = testing.Container("mysql", can_connect=True, execs=self.execs())
        return self.deployment.state(relations=relations, **{"containers": {container}, **changes})

    def execs(self, *more: testing.Exec) -> set[testing.Exec]:
        """Return what programs in the container say."""
        nothing: Any = b""
        return {
            testing.Exec((*SQL, "--batch"), stdout=self.stdout),
            testing.Exec(SQL, stdout=nothing, stderr=nothing),
            *more,
        }

    def with_execs(self, state: testing.State, *more: testing.Exec) -> testing.State:
        """Return the state with other programs in the container."""
        [container] = state.containers
        return dataclasses.replace(state, containers={dataclasses.replace(container, execs=self.execs(*more))})

    def settle(self, *relations: testing.Relation, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can."""
        state = self.deployment.settle(self.state(*relations, **changes))
        return self.again(state)

    def again(self, state: testing.State, **changes: Any) -> testing.State:
        """Return the state after something changed."""
        on, state = self.deployment.context.on, dataclasses.replace(state, **changes)
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        return self.again(state, config={**state.config, **hyphens(options)})

    def blocked(self, **options: Any) -> str:
        """Return the message with which options block the unit."""
        state = self.state(config=hyphens(options))
        status = self.deployment.run(self.deployment.context.on.config_changed(), state).unit_status
        assert isinstance(status, testing.BlockedStatus)
        return status.message

    def act(self, state: testing.State, name: str, **params: Any) -> dict[str, Any]:
        """Return what an action shows; raises testing.ActionFailed."""
        self.deployment.run(self.deployment.context.on.action(name, params=params), state)
        return dict(self.deployment.context.action_results or {})

    @property
    def statements(self) -> list[str]:
        """The SQL that was run, in order."""
        history = self.deployment.context.exec_history.get("mysql", [])
        return [line for item in history for line in str(item.stdin or "").splitlines()]

    @property
    def files(self) -> Mapping[str, Written]:
        """The files in the workload's container."""
        return self.deployment.files["mysql"]

    @staticmethod
    def client(database: str = "mlpipeline", *, secrets: bool = True, **more: str) -> testing.Relation:
        """Return a relation with an application that asks for a database."""
        asked = {"database": database, **({"requested-secrets": '["username", "password"]'} if secrets else {})}
        return testing.Relation("database", remote_app_name="pipelines", remote_app_data={**asked, **more})

    @staticmethod
    def said(state: testing.State, relation: testing.Relation) -> dict[str, str]:
        """Return what the charm says over a relation."""
        return dict(state.get_relation(relation.id).local_app_data)

    @staticmethod
    def secret(state: testing.State, label: str) -> dict[str, str]:
        """Return the content of a secret."""
        [found] = [secret for secret in state.secrets if secret.label == label]
        return dict(found.latest_content or found.tracked_content)

    @staticmethod
    def store(**more: str) -> testing.Relation:
        """Return a relation with an object store."""
        said = {"access-key": "key", "secret-key": "word", "endpoint": "http://minio.edge.svc:9000", **more}
        return testing.Relation("s3-parameters", remote_app_name="minio", remote_app_data=said)


class Bucket(http.server.ThreadingHTTPServer):
    """An object store in memory: objects by their path, with the queries that lists were asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.objects: dict[str, bytes] = {}
        self.buckets: set[str] = set()
        self.refuses = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    """One request to it; lists have two keys a page."""

    @property
    def bucket(self) -> Bucket:
        assert isinstance(self.server, Bucket)
        return self.server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Tell whether a bucket is there."""
        self._answer(200 if self.path.strip("/") in self.bucket.buckets else 404)

    def do_PUT(self) -> None:
        """Take a bucket or an object."""
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        bucket, _, key = self.path.strip("/").partition("/")
        if not key:
            self.bucket.buckets.add(bucket)
        elif bucket in self.bucket.buckets:
            self.bucket.objects[urllib.parse.unquote(self.path)] = body
        self._answer(200 if bucket in self.bucket.buckets else 404)

    def do_GET(self) -> None:
        """Give an object or a list."""
        path, _, query = self.path.partition("?")
        if not query:
            found = self.bucket.objects.get(urllib.parse.unquote(path))
            self._answer(404 if found is None else 200, found or b"")
            return
        asked = dict(urllib.parse.parse_qsl(query))
        start = f"{path}/{asked['prefix']}"
        keys = sorted(key.removeprefix(f"{path}/") for key in self.bucket.objects if key.startswith(start))
        first = int(asked.get("continuation-token", "0"))
        more = len(keys) > first + 2
        listed = "".join(f"<Contents><Key>{urllib.parse.quote(key)}</Key></Contents>" for key in keys[first:][:2])
        following = f"<NextContinuationToken>{first + 2}</NextContinuationToken>" if more else ""
        text = f"<IsTruncated>{str(more).lower()}</IsTruncated>{following}{listed}"
        self._answer(200, f'<ListBucketResult xmlns="urn:s3">{text}</ListBucketResult>'.encode())

    def _answer(self, code: int, body: bytes = b"") -> None:
        code = self.bucket.refuses or code
        self.send_response(code)
        body = body if code < 300 else b"<Error><Code>AccessDenied</Code></Error>"
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def hyphens(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in options.items()}


@pytest.fixture
def mysql(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Mysql]:
    with deployed(CHARM.Mysql, ROOT, monkeypatch, tmp_path) as deployment:
        yield Mysql(deployment)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with answering(Bucket()) as server:
        yield server
