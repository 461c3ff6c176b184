"""The configurations of both Envoys, as a real Envoy takes them."""

import contextlib
import http.server
import importlib
import itertools
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from testbed import cache

api_gate: Any = importlib.import_module("api_gate")
metadata_proxy: Any = importlib.import_module("metadata_proxy")
authorizer_server: Any = importlib.import_module("authorizer_server")
MODULES = (
    api_gate,
    importlib.import_module("pages_gate"),
    importlib.import_module("authorization_filter"),
)
PORTS = ("API_HTTP", "API_GRPC", "GATE_HTTP", "GATE_GRPC", "GATE_PAGES", "GATE_ADMIN", "UI", "AUTHORIZER")
TOKEN = {"authorization": "Bearer good"}
ADA = {"kubeflow-userid": "ada@example.com"}
PROOF = "x-kubeflow-artefact-proof"
SETTINGS = {
    "header": "kubeflow-userid",
    "audience": "pipelines.kubeflow.org",
    "bucket": "mlpipeline",
    "endpoint": "minio.edge.svc:9000",
    "login": "mlpipeline-minio-artifact",
    "prefixes": ["private-artifacts/{namespace}/"],
    "key": "k",
    "namespace": "edge",
}
PIPELINES = {"of-ada": {"namespace": "ada"}, "shared": {}}
"""What the stand-in for the API says of pipelines; there is one more that it shows to nobody, `of-nobody`."""
PATIENCE = 30


@pytest.fixture(scope="session")
def envoy() -> pathlib.Path:
    if found := shutil.which("envoy"):
        return pathlib.Path(found)
    unpacked = next(cache.directory().glob("**/envoy/_bin/envoy"), None)
    if unpacked is None:
        pytest.skip("there is no envoy: `python -m testbed build` makes one")
    return unpacked


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return a free port for each of the gate's, which it has from now on."""
    found: dict[str, int] = {}
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    for name, listening in zip(PORTS, sockets, strict=True):
        found[name] = listening.getsockname()[1]
        for module in MODULES:
            if hasattr(module, name):
                monkeypatch.setattr(module, name, found[name])
        listening.close()
    return found


@contextlib.contextmanager
def served(server: http.server.ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def echo(name: str, port: int) -> http.server.ThreadingHTTPServer:
    """Stand in for a program: it answers with its name, the path that it was asked for, and the headers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            while self.headers.get("transfer-encoding") and self.rfile.readline() != b"0\r\n":
                pass
            headers = {key.lower(): value for key, value in self.headers.items()}
            pipeline = self.path.removeprefix("/apis/v2beta1/pipelines/") if self.command == "GET" else ""
            found = PIPELINES.get(pipeline, [name, self.path, headers])
            said = json.dumps(found).encode()
            self.send_response(404 if self.path.endswith("/of-nobody") else 200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


def review(resource: str, specification: dict[str, Any]) -> dict[str, Any]:
    """Stand in for Kubernetes: Ada may do all in `ada`, the operator in `edge`; one token, Ada's, is good."""
    if resource == "tokenreviews":
        assert specification["audiences"] == ["pipelines.kubeflow.org"]
        return {"authenticated": specification["token"] == "good", "user": {"username": "ada@example.com"}}
    attributes = specification["resourceAttributes"]
    asked = specification["user"], attributes["namespace"]
    return {"allowed": asked in (("ada@example.com", "ada"), ("operator", "edge"))}


@pytest.fixture
def programs(ports: dict[str, int]) -> Iterator[None]:
    settings = {**SETTINGS, "port": ports["AUTHORIZER"], "api": ports["API_HTTP"]}
    with (
        served(echo("api", ports["API_HTTP"])),
        served(echo("ui", ports["UI"])),
        served(authorizer_server.server(settings, review)),
    ):
        yield


@pytest.fixture
def gate(envoy: pathlib.Path, ports: dict[str, int], programs: None, tmp_path: pathlib.Path) -> Iterator[httpx2.Client]:
    """Yield a client of the gate."""
    path = tmp_path / "envoy.json"
    path.write_text(api_gate.configuration())
    command = [envoy, "-c", path, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{ports['GATE_HTTP']}", timeout=5) as client:
                _await(client, tmp_path / "log")
                yield client
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def pages(gate: httpx2.Client, ports: dict[str, int]) -> Iterator[httpx2.Client]:
    """Yield Ada's client of the pages, as the gateway passes its requests on."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{ports['GATE_PAGES']}", headers=ADA, timeout=5) as client:
        yield client


def _await(client: httpx2.Client, log: pathlib.Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if client.get("/metrics").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_the_api_is_asked_through_the_gate_under_both_prefixes(gate: httpx2.Client):
    asked = gate.get("/apis/v2beta1/runs?namespace=ada", headers=TOKEN).json()
    assert asked[:2] == ["api", "/apis/v2beta1/runs?namespace=ada"]
    assert gate.get("/pipeline/apis/v2beta1/runs", headers=TOKEN).json()[1] == "/apis/v2beta1/runs"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer bad"}, {"authorization": "good"}])
def test_whoever_shows_no_good_token_is_refused_even_what_all_users_share(gate: httpx2.Client, headers: dict[str, str]):
    answer = gate.post("/apis/v2beta1/pipelines", headers=headers, json={"display_name": "mine"})
    assert (answer.status_code, "pipelines.kubeflow.org" in answer.text) == (401, True)
    assert gate.get("/apis/v2beta1/healthz", headers=headers).json()[:2] == ["api", "/apis/v2beta1/healthz"]


@pytest.mark.parametrize("prefix", ["", "/pipeline"])
@pytest.mark.parametrize("path", ["v1beta1/visualizations/", "v1beta1/visualizations", "v2beta1//visualizations/"])
def test_no_code_is_drawn_beside_the_api(gate: httpx2.Client, pages: httpx2.Client, prefix: str, path: str):
    assert gate.post(f"{prefix}/apis/{path}", headers=TOKEN, json={}).status_code == 403
    assert pages.post(f"/pipeline/apis/{path}", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/apis/v1alpha1/tasks", "/apis/v1alpha1/runs/r/nodes/p/log"])
def test_what_the_api_answers_to_anybody_is_not_behind_the_gate(gate: httpx2.Client, path: str):
    assert gate.get(path, headers=TOKEN).status_code == 404


@pytest.mark.parametrize("name", ["kubeflow-userid", "Kubeflow-UserID"])
@pytest.mark.parametrize("path", ["/apis/v2beta1/runs", "/pipeline/apis/v2beta1/runs", "//apis/v2beta1/runs"])
def test_nobody_says_there_who_he_is(gate: httpx2.Client, path: str, name: str):
    answer = gate.get(path, headers={name: "ada@example.com"})
    assert (answer.status_code, "a token for pipelines.kubeflow.org" in answer.text) == (403, True)


def test_an_empty_name_is_refused_too(gate: httpx2.Client):
    assert gate.get("/apis/v2beta1/runs", headers={"kubeflow-userid": ""}).status_code == 403


def test_nothing_but_the_api_and_its_metrics_is_behind_the_gate(gate: httpx2.Client):
    assert [gate.get(path).status_code for path in ("/", "/pipeline/", "/apis", "/other")] == [404] * 4


def test_grpc_is_refused_the_same_way(gate: httpx2.Client, ports: dict[str, int]):
    url = f"http://127.0.0.1:{ports['GATE_GRPC']}/api.RunService/CreateRun"
    assert httpx2.post(url, headers={"kubeflow-userid": "ada@example.com"}, timeout=5).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api.VisualizationService/CreateVisualizationV1", 403),
        ("/api.PipelineService/CreatePipelineV1", 401),
        ("/kubeflow.pipelines.backend.api.v2beta1.PipelineService/DeletePipeline", 401),
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", 401),
    ],
)
def test_of_grpc_only_what_drivers_need_is_for_those_without_a_token(
    gate: httpx2.Client, ports: dict[str, int], path: str, status: int
):
    assert httpx2.post(f"http://127.0.0.1:{ports['GATE_GRPC']}{path}", timeout=5).status_code == status
    tasks = f"http://127.0.0.1:{ports['GATE_GRPC']}/api.TaskService/ListTasksV1"
    assert httpx2.post(tasks, timeout=5).status_code == 503, "passed on, and no API there speaks gRPC"


@pytest.mark.parametrize("path", ["/pipeline/", "/pipeline/static/js/main.1.js", "/pipeline/system/cluster-name"])
def test_the_pages_are_shown(pages: httpx2.Client, path: str):
    assert pages.get(path).json()[:2] == ["ui", path]


def test_the_pages_ask_the_api_itself(pages: httpx2.Client):
    name, path, headers = pages.get("/pipeline/apis/v2beta1/runs?namespace=ada").json()
    assert (name, path, headers["kubeflow-userid"]) == ("api", "/apis/v2beta1/runs?namespace=ada", "ada@example.com")


def test_no_program_behind_the_gate_sees_the_users_session(pages: httpx2.Client):
    said = {"cookie": "session=1", "authorization": "Bearer x", "referer": "http://a/apis/v1beta1/_proxy/http://b"}
    for path in ("/pipeline/", "/pipeline/apis/v2beta1/runs"):
        assert not said.keys() & pages.get(path, headers=said).json()[2].keys()


def test_an_artefact_of_the_users_own_comes_with_the_proof_for_her_namespace(pages: httpx2.Client):
    path = "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada"
    answer = pages.get(path, headers={PROOF: "forged"})
    name, asked, headers = answer.json()
    assert (name, asked, headers[PROOF]) == ("ui", path, importlib.import_module("artefact_proof").proof("k", "ada"))
    assert (answer.headers["content-security-policy"], answer.headers["x-content-type-options"]) == (
        "sandbox",
        "nosniff",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/bob/a&namespace=bob",
        "/pipeline/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/bob/a&namespace=ada",
        "/pipeline/artifacts/%2e%2e/%2e%2e/k8s/pod?podname=p&namespace=ada",
        "/pipeline/k8s/pod/logs?podname=p&podnamespace=bob",
        "/pipeline/k8s/pod?podname=pipelines-0&podnamespace=edge",
        "/pipeline/k8s/pod/events?podname=p&podnamespace=bob",
        "/pipeline/apps/tensorboard?logdir=x&namespace=bob",
        "/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1%3A9901%2Fquitquitquit",
        "/pipeline/apis/v1beta1/_proxy/127.0.0.1:9902/config_dump",
        f"/pipeline/apps/tensorboard/proxy/eyJuYW1lc3BhY2UiOiAiYm9iIn0.{'s' * 43}/",
        "/pipeline/apis/v2beta1/workflows",
        "/pipeline/apis/v2beta1/pipelines/names/bobs",
        "/pipeline/apis/v2beta1/pipelines/names/bobs?namespace=",
        "/pipeline/apis/v2beta1/pipelines/names/bobs?namespace=&namespace=ada",
        "/pipeline/apis/v1beta1/pipelines/names/bobs?name_space=ada",
        "/pipeline/apis/v1beta1/namespaces/-/pipelines/bobs",
        "/pipeline/apis/v1beta1/runs/r:reportMetrics",
        "/PIPELINE/Artifacts/Get/?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada",
        "/pipeline/ml_metadata.MetadataStoreService/GetArtifacts",
        "/pipeline/apis/v1alpha1/tasks",
        "/pipeline/other",
        "/artifacts/get?source=minio&bucket=mlpipeline&key=private-artifacts/ada/a&namespace=ada",
        "/pipeline/artifacts/minio/mlpipeline/private-artifacts%2Fbob%2Fa?namespace=ada",
    ],
)
def test_what_is_anothers_or_no_page_asks_for_does_not_pass(pages: httpx2.Client, path: str):
    assert pages.get(path).status_code in (400, 403, 404), path


@pytest.mark.parametrize(
    "path", ["/apis/v2beta1/pipelines/names/mine?namespace=ada", "/apis/v1beta1/namespaces/ada/pipelines/mine"]
)
def test_a_pipeline_is_found_by_its_name_in_a_namespace(gate: httpx2.Client, pages: httpx2.Client, path: str):
    assert pages.get(f"/pipeline{path}").json()[:2] == ["api", path]
    assert gate.get(path, headers=TOKEN).json()[:2] == ["api", path]
    assert gate.get(path.replace("ada", "-").partition("?")[0], headers=TOKEN).status_code == 403


def test_whoever_the_gateway_does_not_name_sees_nothing(pages: httpx2.Client, ports: dict[str, int]):
    for path in ("/pipeline/", "/pipeline/apis/v2beta1/runs", "/pipeline/k8s/pod?podname=p&podnamespace=ada"):
        assert httpx2.get(f"http://127.0.0.1:{ports['GATE_PAGES']}{path}", timeout=5).status_code == 403


def test_a_link_without_a_namespace_leads_to_that_of_its_key(pages: httpx2.Client):
    answer = pages.get("/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/v2/a")
    place = "/pipeline/artifacts/minio/mlpipeline/private-artifacts/ada/v2/a?namespace=ada"
    assert (answer.status_code, answer.headers["location"]) == (302, place)


def test_envoy_takes_the_configuration_of_the_metadata_proxy(envoy: pathlib.Path, tmp_path: pathlib.Path):
    path = tmp_path / "envoy.json"
    path.write_text(metadata_proxy.configuration())
    done = subprocess.run([envoy, "--mode", "validate", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


RUN = "runs/r/nodes/n/artifacts/mlpipeline-metrics:read"
SPELLINGS = (
    RUN,
    f"{RUN}/",
    RUN.replace(":", "%3A"),
    RUN.replace(":", "%3a"),
    RUN.replace("runs", "%72uns"),
    RUN.replace("artifacts", "art%69facts"),
    RUN.replace(":read", ":re%61d"),
    RUN.replace("/nodes/", "//nodes/./"),
    RUN.replace("/nodes", "%2Fnodes"),
)


def test_the_api_reads_no_object_that_a_workflow_says_it_made(
    gate: httpx2.Client, pages: httpx2.Client, ports: dict[str, int]
):
    for path in (f"/apis/{version}/{path}" for version in ("v1beta1", "v2beta1") for path in SPELLINGS):
        answers = [gate.get(f"{prefix}{path}", headers=TOKEN) for prefix in ("", "/pipeline")]
        for answer in (*answers, pages.get(f"/pipeline{path}")):
            assert answer.status_code in (400, 403), path
    for service in ("api", "kubeflow.pipelines.backend.api.v2beta1"):
        for method in ("ReadArtifact", "ReadArtifactV1"):
            url = f"http://127.0.0.1:{ports['GATE_GRPC']}/{service}.RunService/{method}"
            assert httpx2.post(url, headers=TOKEN, timeout=5).status_code == 403


def test_what_clients_escape_passes(gate: httpx2.Client, pages: httpx2.Client):
    for path in ("runs/r", "runs/r:terminate", "pipelines/names/a%20b%3Ac?namespace=ada", "experiments/a-b_c.d~e"):
        assert gate.get(f"/apis/v2beta1/{path}", headers=TOKEN).json()[:2] == ["api", f"/apis/v2beta1/{path}"]
        assert pages.get(f"/pipeline/apis/v2beta1/{path}").json()[:2] == ["api", f"/apis/v2beta1/{path}"]


UPLOADS = {
    "upload?name=a%20b&namespace=ada": True,
    "upload?name=a": False,
    "upload?namespace=": False,
    "upload?namespace=%zz": False,
    "upload?namespace=ada;": False,
    "upload?namespace=&namespace=ada": False,
    "uplo%61d?name=a": False,
    "upload/": False,
    "upload;a": False,
    "upload_version?pipelineid=of-ada": True,
    "upload_version?pipelineid=shared": False,
    "upload_version?pipelineid=of-nobody": False,
    "upload_version?pipelineid=of-ada&pipelineid=shared": False,
    "upload_version?pipelineid=..%2Fruns": False,
    "upload_version": False,
}


def test_what_all_users_share_is_uploaded_by_those_alone_who_may_make_pipelines_in_the_model(
    gate: httpx2.Client, pages: httpx2.Client
):
    for path, passes in UPLOADS.items():
        for asked in (f"/apis/{version}/pipelines/{path}" for version in ("v1beta1", "v2beta1")):
            for answer in (gate.post(asked, headers=TOKEN), pages.post(f"/pipeline{asked}")):
                assert (answer.status_code, passes) in ((200, True), (400, False), (403, False)), (asked, answer.text)
                assert not passes or answer.json()[:2] == ["api", asked]
    for path in ("upload", "upload_version?pipelineid=shared"):
        answer = pages.post(f"/pipeline/apis/v2beta1/pipelines/{path}", headers={"kubeflow-userid": "operator"})
        assert answer.json()[:2] == ["api", f"/apis/v2beta1/pipelines/{path}"]


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
