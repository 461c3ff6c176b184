"""A real Envoy with a configuration of its own, and a server behind it that says what it saw."""

import contextlib
import http.server
import json
import pathlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import pytest

from testbed import cache

from .apiserver import RARELY, answers, await_answer, free_ports, log_of, program

ROOT = "type.googleapis.com/envoy.extensions.filters"
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
def echo() -> Iterator[int]:
    """Serve `Echo`, and yield its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def filtering(folder: pathlib.Path, filters: Sequence[Any]) -> Iterator[httpx2.Client]:
    """Yield a client of an Envoy that runs HTTP filters before an echoing server.

    Args:
        folder: for its files.
        filters: HTTP filters, as Envoy's API v3 has them.
    """
    binary, (port, admin) = find(), free_ports(2)
    with echo() as behind:
        path = folder / "envoy.json"
        path.write_text(json.dumps(_configuration(port, admin, behind, filters)))
        command = [binary, "-c", path, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
        with (
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
            program(command, folder, RARELY) as process,
        ):
            await_answer(process, log_of(binary, folder), lambda: answers(client, "/"))
            yield client


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
        "address": _address(port),
        "filter_chains": [{"filters": [{"name": NAME, "typed_config": manager}]}],
    }
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(behind)}}]}]
    cluster = {
        "name": "behind",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "behind", "endpoints": endpoints},
    }
    return {
        "admin": {"address": _address(admin)},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
