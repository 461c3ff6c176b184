"""The gate before the pages: Envoy's listener that lets in what the pages ask for and refuses everything else.

The page server has checks of its own since 2.16, which let everybody pass where the metadata do not answer. Here are
the addresses that its pages use, each spelled in one way; those that show somebody's things are decided by
`page_access`. The API is asked directly, past the page server, which takes the name of another server from a header.
Source: kubeflow/pipelines 2.17, frontend/server/app.ts, and what frontend/src asks for.
"""

import itertools

import api_paths
import artefact_proof
import envoy_configuration as envoy
from authorization_filter import UNASKED, asking, refusal
from envoy_configuration import Message
from pipelines_network import GATE_PAGES, USER_HEADER

STATIC = r"/pipeline(/|/index\.html|/static/[-.\w/]+|/[-.\w]+\.(ico|png|svg|json|txt))?"
PLAIN = (
    r"/pipeline/apis/v(1|2)beta1/healthz",
    r"/pipeline/visualizations/allowed",
    r"/pipeline/system/(cluster-name|project-id)",
)
"""What names nobody's things."""
ASKING = (
    r"/pipeline/k8s/pod(/logs|/events)?",
    r"/pipeline/apps/tensorboard",
    r"/pipeline/apps/tensorboard/proxy/.+",
)
REFUSED = (
    r"/pipeline/apis/v(1|2)beta1/_proxy(/.*)?",
    # Nobody asks Kubernetes where the namespace is empty, and there the code would run beside the API.
    r"/pipeline/apis/v(1|2)beta1/visualizations/?",
    # These are for the programs that report what workflows did.
    r"/pipeline/apis/v(1|2)beta1/(scheduled)?workflows(/.*)?",
    r"/pipeline/apis/v1beta1/runs/[^/]+:reportMetrics",
)
INERT = [
    {"header": {"key": "content-security-policy", "value": "sandbox"}},
    {"header": {"key": "x-content-type-options", "value": "nosniff"}},
]
"""Artefacts have no type, so a browser would run the HTML in one as if the dashboard had said it."""


def listener() -> Message:
    """Return the listener; its clusters are `ui`, `api` and `authorizer`."""
    nobody = {"headers": [{"name": USER_HEADER, "present_match": True, "invert_match": True}]}
    pages = {"cluster": "ui", "timeout": "300s"}
    routes: list[Message] = [
        refusal({"prefix": "/", **nobody}, "the gateway says who you are, and it does not\n"),
        *(_plain(pattern, pages) for pattern in (STATIC, *PLAIN)),
        {
            "match": {"prefix": "/pipeline/artifacts/"},
            "route": {"cluster": "ui", "timeout": "0s"},
            "response_headers_to_add": INERT,
        },
        *({"match": _whole(pattern), "route": pages} for pattern in ASKING),
        *(refusal(_whole(pattern), "this is not for users\n") for pattern in REFUSED),
        *itertools.chain.from_iterable(_fenced(f"/pipeline/apis/{version}", version) for version in api_paths.VERSIONS),
        *(
            {
                "match": {"prefix": f"/pipeline/apis/{version}/"},
                "route": {"cluster": "api", "timeout": "300s", "prefix_rewrite": f"/apis/{version}/"},
                **UNASKED,
            }
            for version in api_paths.VERSIONS
        ),
    ]
    # A page server that is told where a request came from takes that for where it should go.
    options = {"request_headers_to_remove": ["referer", "cookie", "authorization"]}
    return envoy.listener("pages", GATE_PAGES, routes, [asking("pages", USER_HEADER, artefact_proof.HEADER)], options)


def _fenced(place: str, version: str) -> list[Message]:
    route = {"cluster": "api", "timeout": "300s"}
    uploads, runs = api_paths.uploads(place, version, route), api_paths.runs(place, version, route)
    return [*api_paths.refused(place), *uploads, *runs]


def _plain(pattern: str, route: Message) -> Message:
    return {"match": _whole(pattern), "route": route, **UNASKED}


def _whole(pattern: str) -> Message:
    return {"safe_regex": {"regex": pattern}}
