"""Answers Envoy's question whether a request may pass; started as `authorizer_server.py SETTINGS`.

Runs in plain Python with the standard library alone. Envoy asks with the request's own method, path and query below
`/pages`, where the header of the gateway says who the user is, or below `/token`, where a token has to.
"""

import http.client
import http.server
import json
import os
import pathlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import run_requests
from artefact_proof import HEADER, proof
from kubeflow_charms.small_programs.envoys_questions import Answer, handler
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, address
from kubeflow_charms.small_programs.kubernetes_api import Refused as Unanswered
from page_access import Elsewhere, Question, Refused, asked
from upload_access import TARGET
from upload_access import asked as asked_of_upload

TIMEOUT = 8
"""Seconds; Envoy waits for ten."""
Object = dict[str, Any]
Review = Callable[[str, Object], Object]
"""Makes a review of a kind, such as `subjectaccessreviews`, and returns its status; raises `Unanswered`."""


def shown(path: str, settings: Object, headers: dict[str, str]) -> Object:
    """Return what the API shows at a path in the user's name.

    Raises:
        Refused: it does not show it to this user.
    """
    url = f"http://127.0.0.1:{settings['api']}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code < 500:
            raise Refused("the pipeline is none that you may see") from error
        raise


def pages(method: str, target: str, body: bytes, user: str, settings: Object, review: Review) -> Answer:
    """Return the answer to a request for a page's data.

    Args:
        method: of the request.
        target: its path and query.
        body: empty but of what is shown with it.
        user: whom the gateway says the user is.
        settings: see `page_access.asked`, and `key`, of the proofs.
        review: asks Kubernetes.
    """
    headers = {settings["header"]: user}
    try:
        if any(api.fullmatch(target.partition("?")[0]) for api in (run_requests.TARGET, TARGET)):
            return _api(target, body, {"user": user}, headers, settings, review)
        access = asked(method, target, settings)
    except Refused as refusal:
        return Answer(403, str(refusal))
    except Elsewhere as place:
        return Answer(302, "", {"Location": str(place)})
    for question in access.questions:
        if not user or not _allowed({"user": user}, question, review):
            return Answer(403, _not(question))
    return Answer(200, "", {HEADER: proof(settings["key"], access.artefacts_of)} if access.artefacts_of else {})


def token(target: str, body: bytes, authorization: str, settings: Object, review: Review) -> Answer:
    """Return the answer to a request that has to say by a token who it is from.

    Args:
        target: its path and query.
        body: empty but of what is shown with it.
        authorization: its header.
        settings: `audience`, `api`, the API's port, and `namespace`, the model's.
        review: asks Kubernetes.
    """
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer" and value:
        status = review("tokenreviews", {"token": value.strip(), "audiences": [settings["audience"]]})
        if status.get("authenticated"):
            user = status.get("user") or {}
            said = {"user": user.get("username") or "", "groups": user.get("groups") or []}
            try:
                return _api(target, body, said, {"Authorization": authorization}, settings, review)
            except Refused as refusal:
                return Answer(403, str(refusal))
    return Answer(401, f"a token for {settings['audience']} has to say who you are")


def smoke_test() -> str:
    """Return how the last smoke test went, as the charm wrote it down; nothing before the first in this pod."""
    try:
        return pathlib.Path(__file__).with_name("smoke-test.prom").read_text().rstrip("\n")
    except FileNotFoundError:
        return ""


def _api(target: str, body: bytes, user: Object, headers: dict[str, str], settings: Object, review: Review) -> Answer:
    if run_requests.TARGET.fullmatch(target.partition("?")[0]):
        for path in run_requests.pipelines(body):
            shown(path, settings, headers)

    def whose(pipeline: str) -> str:
        return shown(f"/apis/v2beta1/pipelines/{pipeline}", settings, headers).get("namespace") or ""

    for question in asked_of_upload(target, settings["namespace"], whose):
        if not user["user"] or not _allowed(user, question, review):
            return Answer(403, f"{_not(question)}, where pipelines are that all users share")
    return Answer(200)


def _allowed(user: Object, question: Question, review: Review) -> bool:
    attributes = {name: value for name, value in vars(question).items() if value}
    return bool(review("subjectaccessreviews", {**user, "resourceAttributes": attributes}).get("allowed"))


def _not(question: Question) -> str:
    what = f"{question.resource}/{question.subresource}" if question.subresource else question.resource
    return f"you may not {question.verb} {what} in {question.namespace}"


def server(settings: Object, review: Review) -> http.server.ThreadingHTTPServer:
    """Return a server for the pod alone, at the port that the settings say."""

    def answer(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        place, _, rest = path.removeprefix("/").partition("/")
        target = f"/{rest}"
        try:
            if place == "pages":
                return pages(method, target, body, headers.get(settings["header"]) or "", settings, review)
            if place == "token":
                return token(target, body, headers.get("authorization") or "", settings, review)
        except (Unanswered, OSError, ValueError, LookupError, http.client.HTTPException) as error:
            print(f"Kubernetes cannot be asked: {error}", flush=True)
            return Answer(503, "Kubernetes cannot be asked whether you may")
        if place == "metrics":
            return Answer(200, smoke_test(), {"Content-Type": "text/plain; version=0.0.4"})
        return Answer(404)

    return http.server.ThreadingHTTPServer(("127.0.0.1", settings["port"]), handler(answer))


if __name__ == "__main__":
    kubernetes = Kubernetes(address(os.environ))
    server(json.loads(pathlib.Path(sys.argv[1]).read_text()), kubernetes.review).serve_forever()
