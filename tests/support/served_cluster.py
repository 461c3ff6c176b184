"""A fake cluster at an address, for hooks that are processes of their own."""

import contextlib
import http.server
from collections.abc import Iterator

import httpx2
import yaml

from .answering import answering
from .fake_cluster import FakeCluster


@contextlib.contextmanager
def served(cluster: FakeCluster, namespace: str) -> Iterator[str]:
    """Serve a cluster and yield the text of a kubeconfig that leads to it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = httpx2.Request(
                self.command, f"http://cluster{self.path}", headers=dict(self.headers), content=content
            )
            answer = cluster.answer(request)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names are the base class's

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with answering(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        context = {"cluster": "fake", "user": "fake", "namespace": namespace}
        yield yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "fake", "cluster": {"server": address, "insecure-skip-tls-verify": True}}],
                "users": [{"name": "fake", "user": {}}],
                "contexts": [{"name": "fake", "context": context}],
                "current-context": "fake",
            }
        )
