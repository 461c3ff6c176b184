"""Answers Envoy's question whether a request may pass; started as `authorizer_server.py SETTINGS`.

Runs in plain Python with the standard library alone. Envoy asks with the request's own method, path and query below
`/pages`, where the header of the gateway says who the user is, or below `/token`, where a token has to. Source of
question and answer: Envoy's API v3, extensions.filters.http.ext_authz.v3.HttpService.
"""

import http.client
import http.server
import json
import os
import pathlib
import ssl
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

from artefact_proof import HEADER, proof
from page_access import Elsewhere, Question, Refused, asked

ACCOUNT = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
TIMEOUT = 8
"""Seconds; Envoy waits for ten."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Of requests that Envoy asks about; all others are refused."""
Object = dict[str, Any]
Review = Callable[[str, Object], Object]
"""Makes a review of a kind, such as `subjectaccessreviews`, and returns its status; raises OSError or ValueError."""


def review(resource: str, specification: Object) -> Object:
    """Ask Kubernetes for a review with the program's own token, which is read anew each time."""
    group = "authentication.k8s.io" if resource == "tokenreviews" else "authorization.k8s.io"
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    request = urllib.request.Request(
        f"https://{f'[{host}]' if ':' in host else host}:{port}/apis/{group}/v1/{resource}",
        json.dumps({"spec": specification}).encode(),
        {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=TIMEOUT, context=context) as answer:
        return json.load(answer)["status"]


def pages(method: str, target: str, user: str, settings: Object, review: Review) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of the answer to a request for a page's data.

    Args:
        method: of the request.
        target: its path and query.
        user: whom the gateway says the user is.
        settings: see `page_access.asked`, and `key`, of the proofs.
        review: asks Kubernetes.
    """
    try:
        access = asked(method, target, settings)
    except Refused as refusal:
        return 403, str(refusal), {}
    except Elsewhere as place:
        return 302, "", {"Location": str(place)}
    for question in access.questions:
        if not user or not _allowed(user, question, review):
            what = f"{question.resource}/{question.subresource}" if question.subresource else question.resource
            return 403, f"you may not {question.verb} {what} in {question.namespace}", {}
    return 200, "", {HEADER: proof(settings["key"], access.artefacts_of)} if access.artefacts_of else {}


def token(authorization: str, settings: Object, review: Review) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of the answer to a request that has to say by a token who it is from."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer" and value:
        status = review("tokenreviews", {"token": value.strip(), "audiences": [settings["audience"]]})
        if status.get("authenticated"):
            return 200, "", {}
    return 401, f"a token for {settings['audience']} has to say who you are", {}


def smoke_test() -> str:
    """Return how the last smoke test went, as the charm wrote it down; nothing before the first in this pod."""
    try:
        return pathlib.Path(__file__).with_name("smoke-test.prom").read_text().rstrip("\n")
    except FileNotFoundError:
        return ""


def _allowed(user: str, question: Question, review: Review) -> bool:
    attributes = {name: value for name, value in vars(question).items() if value}
    return bool(review("subjectaccessreviews", {"user": user, "resourceAttributes": attributes}).get("allowed"))


def server(settings: Object, review: Review = review) -> http.server.ThreadingHTTPServer:
    """Return a server for the pod alone, at the port that the settings say."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            # Envoy sends no body, but the original's headers tell of one.
            place, _, target = self.path.removeprefix("/").partition("/")
            try:
                if place == "pages":
                    user = self.headers.get(settings["header"]) or ""
                    status, text, headers = pages(self.command, f"/{target}", user, settings, review)
                elif place == "token":
                    status, text, headers = token(self.headers.get("authorization") or "", settings, review)
                elif place == "metrics":
                    status, text, headers = 200, smoke_test(), {"Content-Type": "text/plain; version=0.0.4"}
                else:
                    status, text, headers = 200 if self.path == "/healthz" else 404, "", {}
            except (OSError, ValueError, LookupError, http.client.HTTPException) as error:
                print(f"Kubernetes cannot be asked: {error}", flush=True)
                status, text, headers = 503, "Kubernetes cannot be asked whether you may", {}
            said = f"{text}\n".encode() if text else b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing of single requests, whose paths name what users do."""

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return http.server.ThreadingHTTPServer(("127.0.0.1", settings["port"]), Handler)


if __name__ == "__main__":
    server(json.loads(pathlib.Path(sys.argv[1]).read_text())).serve_forever()
