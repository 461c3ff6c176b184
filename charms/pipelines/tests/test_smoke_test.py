"""The action smoke-test, with an API that says what Pipelines' says."""

import http.server
import importlib
import json
import pathlib
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.engine.problems import Blocked, Waiting
from support.answering import answering

authorizer_server: Any = importlib.import_module("authorizer_server")
smoke_test: Any = importlib.import_module("smoke_test")


class Api:
    """An API that knows one experiment at most, and tells of a run what it is told to."""

    def __init__(self) -> None:
        self.states: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.users: set[str] = set()
        self.refusal = 0

    def answer(self, method: str, path: str, body: Any) -> dict[str, Any]:
        self.requests.append((method, path.partition("?")[0].removeprefix("/apis/v2beta1/"), body))
        if method == "GET" and "/runs/" in path:
            return self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"run_id": "r1"} if "/runs" in path else {"experiment_id": "e1"} if method == "POST" else {}


@pytest.fixture
def api() -> Iterator[tuple[Api, Any]]:
    known = Api()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            known.users.add(self.headers["kubeflow-userid"])
            text = self.rfile.read(int(self.headers["Content-Length"] or 0))
            said = known.answer(self.command, self.path, json.loads(text) if text else None)
            self.send_response(known.refusal or 200)
            self.end_headers()
            self.wfile.write(json.dumps({"message": "no such right"} if known.refusal else said).encode())

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    for method in ("GET", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with answering(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield known, smoke_test.Api(f"http://127.0.0.1:{server.server_port}", "ada@example.com")


def run(api: Any, patience: float = 60) -> tuple[Any, list[str]]:
    said: list[str] = []
    outcome = smoke_test.run(
        api,
        namespace="ada",
        image="image",
        account="default-editor",
        patience=patience,
        say=said.append,
        sleep=lambda _: None,
    )
    return outcome, said


def test_a_run_in_the_owners_name_is_waited_for_and_deleted(api):
    known, asked = api
    known.states = [{"state": "PENDING"}, {"state": "RUNNING"}, {"state": "RUNNING"}, {"state": "SUCCEEDED"}]
    outcome, said = run(asked)
    assert (outcome.succeeded, outcome.run, outcome.reason) == (True, "r1", "")
    assert [line.split()[-1] for line in said] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert known.users == {"ada@example.com"}
    made = next(body for method, path, body in known.requests if (method, path) == ("POST", "runs"))
    assert (made["experiment_id"], made["service_account"]) == ("e1", "default-editor")
    assert known.requests[-1][:2] == ("DELETE", "runs/r1")


def test_a_step_that_fails_is_named_and_the_run_stays(api):
    known, asked = api
    failed = {"display_name": "write", "error": {"message": "exit code 1"}}
    known.states = [{"state": "FAILED", "run_details": {"task_details": [{"display_name": "root"}, failed]}}]
    outcome, _ = run(asked)
    assert (outcome.succeeded, outcome.reason) == (False, "write: exit code 1")
    assert "DELETE" not in [method for method, *_ in known.requests]


def test_a_run_that_takes_too_long_is_given_up(api):
    known, asked = api
    known.states = [{"state": "RUNNING"}]
    outcome, _ = run(asked, patience=0)
    assert (outcome.succeeded, outcome.state, outcome.reason) == (False, "RUNNING", "it has not ended after 0 s")


def test_what_the_api_refuses_is_told(api):
    known, asked = api
    known.refusal = 403
    with pytest.raises(Blocked, match="the API refuses GET experiments: 403 no such right"):
        run(asked)


def test_an_api_that_is_away_is_waited_for():
    with pytest.raises(Waiting, match="the API of pipelines to answer"):
        run(smoke_test.Api("http://127.0.0.1:9", "ada@example.com"))


def test_the_result_is_a_metric_beside_the_gate(monkeypatch, tmp_path: pathlib.Path):
    settings = {"port": 0, "header": "kubeflow-userid", "audience": "a", "key": "k"}
    monkeypatch.setattr(authorizer_server, "__file__", str(tmp_path / "authorizer_server.py"))
    with answering(authorizer_server.server(settings, lambda *_: {})) as server:
        url = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b""
        outcome = smoke_test.Outcome(True, 12.5, "r1", "SUCCEEDED")
        (tmp_path / smoke_test.METRICS).write_text(smoke_test.metrics(outcome, 1_764_000_000))
        with urllib.request.urlopen(url) as answer:
            lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    assert lines == [
        "kubeflow_pipelines_smoke_test_success 1.0",
        "kubeflow_pipelines_smoke_test_duration_seconds 12.5",
        "kubeflow_pipelines_smoke_test_timestamp_seconds 1764000000",
    ]
