"""The gate of pipelines: a real Envoy with the charm's configuration, and stand-ins for the programs behind it."""

import contextlib
import http.server
import importlib
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from . import envoy
from .answering import answering
from .apiserver import RARELY, answers, await_answer, free_ports, log_of, program

TOKEN = {"authorization": "Bearer good"}
ADA = {"kubeflow-userid": "ada@example.com"}
MODULES = ("api_gate", "pages_gate", "authorization_filter")
PORTS = ("API_GRPC", "GATE_HTTP", "GATE_GRPC", "GATE_PAGES", "GATE_ADMIN", "AUTHORIZER")
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
TIMEOUT = 60
"""Seconds for an answer."""


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[dict[str, int]]:
    """Yield the ports of the gate and of what is behind it, by the names that they have in `pipelines_network`.

    Args:
        folder: for Envoy's files.
    """
    binary = envoy.find()
    ports: dict[str, int] = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    with contextlib.ExitStack() as stack:
        for port, name in (("API_HTTP", "api"), ("UI", "ui")):
            ports[port] = stack.enter_context(envoy.serve(_echo(name)))
        settings = {**SETTINGS, "port": ports["AUTHORIZER"], "api": ports["API_HTTP"]}
        authorizer = importlib.import_module("authorizer_server").server(settings, _review)
        stack.enter_context(answering(authorizer))
        path = folder / "envoy.json"
        path.write_text(_configuration(ports))
        process = stack.enter_context(program(envoy.command(binary, path), folder, RARELY))
        client = stack.enter_context(asking(ports["GATE_HTTP"]))
        await_answer(process, log_of(binary, folder), lambda: answers(client, "/metrics"))
        yield ports


def asking(port: int, **headers: str) -> httpx2.Client:
    """Return a client of one of the gate's ports."""
    return httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=TIMEOUT)


def _configuration(ports: dict[str, int]) -> str:
    """Return what the charm tells Envoy, with these ports."""
    with pytest.MonkeyPatch.context() as patch:
        for module in map(importlib.import_module, MODULES):
            for name in ports.keys() & vars(module).keys():
                patch.setattr(module, name, ports[name])
        return importlib.import_module("api_gate").configuration()


def _echo(name: str) -> type[http.server.BaseHTTPRequestHandler]:
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

    return Handler


def _review(resource: str, specification: dict[str, Any]) -> dict[str, Any]:
    """Stand in for Kubernetes: Ada may do all in `ada`, the operator in `edge`; one token, Ada's, is good."""
    if resource == "tokenreviews":
        assert specification["audiences"] == ["pipelines.kubeflow.org"]
        return {"authenticated": specification["token"] == "good", "user": {"username": "ada@example.com"}}
    attributes = specification["resourceAttributes"]
    asked = specification["user"], attributes["namespace"]
    return {"allowed": asked in (("ada@example.com", "ada"), ("operator", "edge"))}
