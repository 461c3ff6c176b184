"""The configurations of both Envoys, as a real Envoy takes them."""

import http.server
import importlib
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
PORTS = ("API_HTTP", "API_GRPC", "GATE_HTTP", "GATE_GRPC", "GATE_ADMIN")
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
        monkeypatch.setattr(api_gate, name, found[name])
        listening.close()
    return found


@pytest.fixture
def api(ports: dict[str, int]) -> Iterator[None]:
    """Stand in for the API: it answers with the path that it was asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(self.path)))
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", ports["API_HTTP"]), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def gate(envoy: pathlib.Path, ports: dict[str, int], api: None, tmp_path: pathlib.Path) -> Iterator[httpx2.Client]:
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
    assert gate.get("/apis/v2beta1/runs?namespace=ada").text == "/apis/v2beta1/runs?namespace=ada"
    assert gate.get("/pipeline/apis/v2beta1/runs").text == "/apis/v2beta1/runs"


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


def test_envoy_takes_the_configuration_of_the_metadata_proxy(envoy: pathlib.Path, tmp_path: pathlib.Path):
    path = tmp_path / "envoy.json"
    path.write_text(metadata_proxy.configuration())
    done = subprocess.run([envoy, "--mode", "validate", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
