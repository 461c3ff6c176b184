"""Who may ask the pages for what: pure functions from a request to the questions that Kubernetes is asked.

The page server reads pods, logs and objects with rights of its own, and what it checks is less than what is asked here:
where the metadata do not answer, it shows any artefact. So each of its routes that names somebody's things is listed
here with what it takes, spelled in one way only, and everything else is refused. Runs in plain Python beside
`authorizer_server`, with the standard library alone. Source of routes and parameters: kubeflow/pipelines 2.17,
frontend/server/app.ts and handlers/; the page server decodes some names twice and takes a repeated one for a list.
"""

import base64
import binascii
import dataclasses
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

Settings = Mapping[str, Any]
Parameters = Mapping[str, str]

MOST = 20
"""Parameters of a request; the pages send eight at most."""
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
POD = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})?")
RUN = re.compile(r"[-a-zA-Z0-9]*")
SPELLED_AGAIN = re.compile(r"%(25)*(2e|2f|5c)", re.IGNORECASE)
"""A dot, slash or backslash that is still escaped once a key is decoded: the page server decodes once more."""
NUMBER = re.compile(r"\d{0,10}")
ARTEFACT = re.compile(r"/pipeline/artifacts/(?P<source>[a-z0-9]+)/(?P<bucket>[^/]+)/(?P<key>.+)")
TENSORBOARDS = "/pipeline/apps/tensorboard/proxy/"
VIEWER = re.compile(re.escape(TENSORBOARDS) + r"(?P<whose>[-_A-Za-z0-9]{1,1024})\.[-_A-Za-z0-9]{43}/[^%#?@\\]*")
"""What the page server signed, its signature, and a path of the TensorBoard."""


class Refused(Exception):
    """The request is refused, whoever asks; the text says why."""


class Elsewhere(Exception):
    """The same is to be asked at another address, which is the text."""


@dataclasses.dataclass(frozen=True)
class Question:
    """One thing that the user has to be allowed by Kubernetes.

    Attributes:
        namespace: where.
        verb: such as `get`.
        resource: such as `pods`.
        group: the API group; empty for Kubernetes' own.
        subresource: such as `log`.
    """

    namespace: str
    verb: str
    resource: str
    group: str = ""
    subresource: str = ""


@dataclasses.dataclass(frozen=True)
class Access:
    """What decides about a request.

    Attributes:
        questions: all of them have to be answered with yes.
        artefacts_of: the namespace whose artefact server is going to be asked; empty for none.
    """

    questions: tuple[Question, ...]
    artefacts_of: str = ""


def asked(method: str, target: str, settings: Settings) -> Access:
    """Return what decides about a request.

    Args:
        method: of the request.
        target: its path and query, as they came.
        settings: `bucket`, `endpoint` and `login` of the object store; `prefixes`, each with `{namespace}`, below which
            a namespace's artefacts are.

    Raises:
        Refused: nobody may ask that.
        Elsewhere: the pages left out whose artefact it is, which its key tells, or they name a store of before.
    """
    path, _, query = target.partition("?")
    if path.startswith("/pipeline/artifacts/"):
        return _artefact(method, path, query, settings)
    if path.startswith(TENSORBOARDS):
        return _viewer(path)
    if found := ROUTES.get(path):
        return found(method, query)
    raise Refused("the pages have no such address")


def _pod(method: str, query: str) -> Access:
    return Access((_pods_question(method, query, {"podname": POD, "podnamespace": NAMESPACE}),))


def _events(method: str, query: str) -> Access:
    pods = _pods_question(method, query, {"podname": POD, "podnamespace": NAMESPACE})
    return Access((pods, Question(pods.namespace, "list", "events")))


def _logs(method: str, query: str) -> Access:
    found = {"podname": POD, "podnamespace": NAMESPACE, "createdat": DAY, "runid": RUN}
    return Access((dataclasses.replace(_pods_question(method, query, found), subresource="log"),))


def _pods_question(method: str, query: str, known: Mapping[str, re.Pattern[str]]) -> Question:
    _only(method, "GET", "HEAD")
    parameters = _parameters(query, known, ("podname", "podnamespace"))
    return Question(parameters["podnamespace"], "get", "pods")


def _tensorboard(method: str, query: str) -> Access:
    """Whoever starts a TensorBoard says what its pod is, so that starting pods is what she has to be allowed."""
    _only(method, "GET", "HEAD", "POST", "DELETE")
    anything = re.compile(r".*", re.DOTALL)
    known = {name: anything for name in ("logdir", "tfversion", "image", "podtemplatespec")}
    namespace = _parameters(query, {**known, "namespace": NAMESPACE}, ("namespace",))["namespace"]
    verb = {"POST": "create", "DELETE": "delete"}.get(method, "get")
    viewers = Question(namespace, verb, "viewers", "kubeflow.org")
    return Access((viewers, Question(namespace, "create", "pods")) if method == "POST" else (viewers,))


def _viewer(path: str) -> Access:
    """Ask about the namespace that the page server signed, which looks at the signature itself."""
    found = VIEWER.fullmatch(path)
    namespace = _signed_namespace(found["whose"]) if found else ""
    if not NAMESPACE.fullmatch(namespace) or "/../" in f"{path}/":
        raise Refused("the pages lead to TensorBoards alone")
    return Access((Question(namespace, "get", "viewers", "kubeflow.org"),))


def _signed_namespace(whose: str) -> str:
    """Return the namespace that the page server wrote down of a TensorBoard; empty if it did not write this."""
    try:
        written = base64.b64decode(whose + "=" * (-len(whose) % 4), altchars=b"-_", validate=True)
        namespace = json.loads(written)["namespace"]
    except (binascii.Error, ValueError, LookupError, TypeError):
        return ""
    return namespace if isinstance(namespace, str) else ""


def _artefact(method: str, path: str, query: str, settings: Settings) -> Access:
    _only(method, "GET", "HEAD")
    anything = re.compile(r"[^\x00-\x1f\x7f]*")
    known = {"peek": NUMBER, "providerInfo": anything, "namespace": NAMESPACE}
    if path == "/pipeline/artifacts/get":
        named = ("source", "bucket", "key")
        parameters = _parameters(query, {**known, **dict.fromkeys(named, anything)}, named)
        source, bucket, key = (parameters[name] for name in named)
    else:
        parameters = _parameters(query, known, ())
        found = ARTEFACT.fullmatch(_decoded(path))
        if not found:
            raise Refused("the pages have no such address")
        source, bucket, key = found["source"], found["bucket"], found["key"]
    if source not in ("minio", "s3") or bucket != settings["bucket"]:
        raise Refused(f"the pages show artefacts of the bucket {settings['bucket']} alone")
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise Refused("an artefact's key has no empty parts and no dots alone")
    if SPELLED_AGAIN.search(key):
        raise Refused("an artefact's key has its dots and slashes escaped once at most")
    if _of_another_store(parameters.get("providerInfo", ""), settings):
        others = {name: value for name, value in parameters.items() if name != "providerInfo"}
        raise Elsewhere(f"{path}?{urllib.parse.urlencode(others)}")
    if "namespace" not in parameters:
        raise Elsewhere(f"{path}?{query}{'&' if query else ''}namespace={_whose(key, settings)}")
    namespace = parameters["namespace"]
    if not any(key.startswith(prefix.replace("{namespace}", namespace)) for prefix in settings["prefixes"]):
        raise Refused(f"the pages show of {namespace} what is below {' or '.join(settings['prefixes'])} alone")
    return Access((Question(namespace, "readArtifact", "runs", "pipelines.kubeflow.org"),), namespace)


def _of_another_store(text: str, settings: Settings) -> bool:
    """Tell whether somebody names another store than ours; what a page sends here is what was written as metadata.

    That is the store which the run was told, and may have been another: its artefacts have moved to ours since. Asked
    without its name, the pages look there.

    Raises:
        Refused: it names a Secret that no run was told.
    """
    if not text:
        return False
    try:
        given = json.loads(text)["Params"]
        endpoint, secret = given.get("endpoint", settings["endpoint"]), given.get("secretName", settings["login"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused("providerInfo is none") from error
    if secret != settings["login"]:
        raise Refused("the pages read from the object store of this deployment alone")
    return endpoint != settings["endpoint"]


def _whose(key: str, settings: Settings) -> str:
    """Return the namespace that a key is of."""
    for prefix in settings["prefixes"]:
        before, named, after = prefix.partition("{namespace}")
        found = re.match(re.escape(before) + f"({NAMESPACE.pattern})" + re.escape(after), key) if named else None
        if found:
            return found[1]
    raise Refused("the key does not tell whose artefact it is; ask with the parameter namespace")


def _parameters(query: str, known: Mapping[str, re.Pattern[str]], needed: tuple[str, ...]) -> Parameters:
    """Return the parameters of a query: each known, once, and as its pattern says."""
    try:
        pairs = urllib.parse.parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(query), errors="strict", max_num_fields=MOST
        )
    except ValueError as error:
        raise Refused("the query cannot be read in one way only") from error
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("a parameter is given twice")
    for name, value in found.items():
        if name not in known or not known[name].fullmatch(value):
            raise Refused(f"parameter {name!r} is none of the pages, or has a value that it cannot have")
    if missing := [name for name in needed if name not in found]:
        raise Refused(f"parameter {missing[0]} is missing")
    return found


def _decoded(path: str) -> str:
    """Return a path as the page server reads it."""
    try:
        return urllib.parse.unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise Refused("the path cannot be read") from error


def _only(method: str, *methods: str) -> None:
    if method not in methods:
        raise Refused(f"{method} is nothing that the pages do here")


ROUTES: Mapping[str, Callable[[str, str], Access]] = {
    "/pipeline/k8s/pod": _pod,
    "/pipeline/k8s/pod/events": _events,
    "/pipeline/k8s/pod/logs": _logs,
    "/pipeline/apps/tensorboard": _tensorboard,
}
"""Addresses that need no more than method and query to be decided."""
