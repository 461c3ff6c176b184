"""What a request to make a run may say to the API behind the gate."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx2
from support.pipelines_gate import TOKEN

RUNS = "/apis/v2beta1/runs"
MADE = {
    "experiment_id": "e",
    "display_name": "one",
    "pipeline_spec": {"pipelineInfo": {"name": "hello"}, "root": {"dag": {}}, "schemaVersion": "2.1.0"},
    "runtime_config": {"parameters": {"run_id": "x", "recurring_run_id": "y"}, "pipeline_root": "minio://b/c"},
    "service_account": "default-editor",
}
"""What the SDK asks for, as `kfp.Client.run_pipeline` of 2.15 does."""
MADE_BEFORE = {
    "name": "one",
    "pipeline_spec": {"parameters": [{"name": "id", "value": "x"}]},
    "resource_references": [
        {"key": {"type": "EXPERIMENT", "id": "e"}, "relationship": "OWNER"},
        {"key": {"type": "PIPELINE_VERSION", "id": "p"}, "relationship": "CREATOR"},
    ],
}
"""As the SDK of version 1."""


def test_an_ordinary_run_is_made_whatever_its_size_and_encoding(gate: httpx2.Client, pages: httpx2.Client):
    large = {**MADE, "description": "\u00e9" * 200_000}
    for path, run in ((RUNS, MADE), (RUNS, {**MADE, "run_id": ""}), ("/apis/v1beta1/runs", MADE_BEFORE), (RUNS, large)):
        text = json.dumps(run).encode()
        for content in (text, iter([text[:9], text[9:]])):
            assert gate.post(path, content=content, headers=TOKEN).json()[:2] == ["api", path]
        assert pages.post(f"/pipeline{path}?experiment_id=e", content=text).json()[1] == f"{path}?experiment_id=e"
    assert gate.get(RUNS, headers=TOKEN).json()[:2] == ["api", RUNS]


def referring(kind: Any) -> dict[str, Any]:
    return {"name": "one", "resourceReferences": [{"key": {"id": "j", "type": kind}, "relationship": 2}]}


SAYING = (
    *({**MADE, name: "of-bob"} for name in ("recurring_run_id", "recurringRunId", "run_id", "runId", "id")),
    {**MADE, "pipeline_spec": {"PipelineInfo": {"Name": "jobs/of-bob"}}},
    {**MADE, "pipelineSpec": {"PipelineInfo": "no object"}},
    *(referring(kind) for kind in ("JOB", 2, 2.0, "2", None)),
    {**MADE_BEFORE, "resource_references": [{"key": ["JOB"]}]},
    {**MADE_BEFORE, "resource_references": 2},
)


def test_nobody_says_for_the_api_which_run_or_schedule_it_is(gate: httpx2.Client, pages: httpx2.Client):
    for path, run in itertools.product(("/apis/v1beta1/runs", RUNS), SAYING):
        answers = [gate.post(f"{prefix}{path}", json=run, headers=TOKEN) for prefix in ("", "/pipeline")]
        for answer in (*answers, pages.post(f"/pipeline{path}", json=run)):
            assert (answer.status_code, "pipelines.kubeflow.org" in answer.text) == (403, False), (run, answer.text)


BOBS = json.dumps({**MADE, "recurring_run_id": "of-bob"}).encode()
ODD = {
    "escaped": BOBS.replace(b"recurring_run_id", rb"recurring_r\u0075n_id"),
    "twice": BOBS.replace(b"{", b'{"recurring_run_id": "", ', 1),
    "with a mark": b"\xef\xbb\xbf" + BOBS,
    "in sixteen bits": BOBS.decode().encode("utf-16"),
    "followed": json.dumps(MADE).encode() + BOBS,
    "a list": b"[" + BOBS + b"]",
    "deep": b'{"pipeline_spec": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no json": b"recurring_run_id=of-bob",
    "broken text": BOBS.replace(b"of-bob", b"\xff"),
}


def test_no_other_spelling_of_a_body_says_it_either(gate: httpx2.Client, pages: httpx2.Client):
    form = {"content-type": "application/x-www-form-urlencoded", "x-http-method-override": "POST"}
    for (odd, body), headers in itertools.product(ODD.items(), ({}, form)):
        for content in (body, iter([body[:30], body[30:]])):
            assert gate.post(RUNS, content=content, headers={**TOKEN, **headers}).status_code == 403, odd
        assert pages.post(f"/pipeline{RUNS}", content=body, headers=headers).status_code == 403, odd


PATHS = (
    "runs/",
    "jobs/",
    "recurringruns:",
    "runs:",
    "runs;a",
    "r%75ns",
    "runs%3A",
    "runs%20",
    "./runs",
    "/runs",
    "x/../runs",
)


def test_no_other_spelling_of_the_path_says_it_either(gate: httpx2.Client, pages: httpx2.Client):
    for place, path in itertools.product(("/apis/v2beta1", "/apis/v1beta1"), PATHS):
        assert gate.post(f"{place}/{path}", content=BOBS, headers=TOKEN).status_code in (400, 403), path
        assert pages.post(f"/pipeline{place}/{path}", content=BOBS).status_code in (400, 403), path


def test_a_run_that_is_too_large_is_refused_in_words(gate: httpx2.Client, pages: httpx2.Client):
    # Envoy takes one that ends in the same piece that passes its limit.
    body = json.dumps({**MADE, "description": "x" * 3 * 1024 * 1024}).encode()
    for answer in (gate.post(RUNS, content=body, headers=TOKEN), pages.post(f"/pipeline{RUNS}", content=iter([body]))):
        assert (answer.status_code, "2 MiB" in answer.text) == (413, True)


def test_nobody_runs_a_pipeline_that_the_api_does_not_show_him(gate: httpx2.Client, pages: httpx2.Client):
    def naming(pipeline: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for path in (RUNS, "/apis/v2beta1/recurringruns"):
            for name in ("pipeline_id", "pipelineVersionId"):
                yield path, {"display_name": "one", "pipelineVersionReference": {name: pipeline}}
            yield path, {"display_name": "one", "pipeline_version_id": pipeline}
        for path in ("/apis/v1beta1/runs", "/apis/v1beta1/jobs"):
            yield path, {"name": "one", "pipeline_spec": {"pipelineId": pipeline}}
            for kind in ("PIPELINE", "PIPELINE_VERSION"):
                yield path, {"name": "one", "resource_references": [{"key": {"type": kind, "id": pipeline}}]}

    for pipeline, status in (("of-ada", 200), ("shared", 200), ("of-nobody", 403), ("../runs", 403)):
        for path, run in naming(pipeline):
            asked = (gate.post(path, json=run, headers=TOKEN), pages.post(f"/pipeline{path}", json=run))
            assert [answer.status_code for answer in asked] == [status, status], (path, run)


def test_nobody_makes_a_run_where_its_message_cannot_be_read(gate: httpx2.Client, ports: dict[str, int]):
    for service in ("api", "kubeflow.pipelines.backend.api.v2beta1"):
        for method in ("Run/CreateRun", "Run/CreateRunV1", "Job/CreateJob", "RecurringRun/CreateRecurringRun"):
            url = f"http://127.0.0.1:{ports['GATE_GRPC']}/{service}.{method.replace('/', 'Service/')}"
            answer = httpx2.post(url, headers=TOKEN, timeout=5)
            assert (answer.status_code, "HTTP" in answer.text) == (403, True)
