"""A real Envoy with a configuration of its own, and a server behind it that says what it saw."""

import contextlib
import http.server
import json
import pathlib
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import pytest

from testbed import cache

from .answering import answering
from .apiserver import RARELY, answers, await_answer, free_ports, log_of, program

ROOT = "type.googleapis.com/envoy.extensions.filters"
HTTP = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
NAME = "envoy.filters.network.http_connection_manager"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{ROOT}.http.router.v3.Router"}}


def find() -> pathlib.Path:
    """Return Envoy's program: from PATH, or what the testbed keeps; skips the test if there is none."""
    found = shutil.which("envoy") or next(cache.directory().glob("pypi/*/envoy/_bin/envoy"), None)
    if found is None:
        pytest.skip("there is no envoy: `python -m testbed build` makes one")
    return pathlib.Path(found)


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the names and values of the headers that it got, in lower case, as a JSON list of pairs."""

    def do_GET(self) -> None:
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve(handler: type[http.server.BaseHTTPRequestHandler] = Echo) -> Iterator[int]:
    """Serve HTTP on this machine, and yield the port."""
    with answering(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield server.server_port


@contextlib.contextmanager
def filtering(folder: pathlib.Path, filters: Sequence[Any]) -> Iterator[httpx2.Client]:
    """Yield a client of an Envoy that runs HTTP filters before an echoing server.

    Args:
        folder: for its files.
        filters: HTTP filters, as Envoy's API v3 has them.
    """
    binary, (port, admin) = find(), free_ports(2)
    with serve() as behind:
        path = folder / "envoy.json"
        path.write_text(json.dumps(_configuration(port, admin, behind, filters)))
        with (
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
            program(command(binary, path), folder, RARELY) as process,
        ):
            await_answer(process, log_of(binary, folder), lambda: answers(client, "/"))
            yield client


def command(binary: pathlib.Path, configuration: pathlib.Path) -> list[str | pathlib.Path]:
    """Return how Envoy is started beside others on one machine."""
    return [binary, "-c", configuration, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]


def cluster(name: str, port: int, *, http2: bool = False) -> dict[str, Any]:
    """Return a cluster of one server of this machine."""
    protocol = "http2_protocol_options" if http2 else "http_protocol_options"
    options = {"@type": HTTP, "explicit_http_config": {protocol: {}}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }


def address(port: int) -> dict[str, Any]:
    """Return an address of this machine."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _configuration(port: int, admin: int, behind: int, filters: Sequence[Any]) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "behind"}}
    manager = {
        "@type": f"{ROOT}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "tests",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [*filters, ROUTER],
    }
    listener = {
        "name": "tests",
        "address": address(port),
        "filter_chains": [{"filters": [{"name": NAME, "typed_config": manager}]}],
    }
    return {
        "admin": {"address": address(admin)},
        "static_resources": {"listeners": [listener], "clusters": [cluster("behind", behind)]},
    }
