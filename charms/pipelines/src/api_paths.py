"""The API's paths that both gates treat alike: refused to all, or asked about before they pass.

Envoy has merged slashes, resolved dots and refused escaped slashes before it looks at these; the API's router decodes
the rest. Source: kubeflow/pipelines 2.17, backend/src/apiserver/main.go.
"""

from authorization_filter import refusal, shown
from envoy_configuration import Message
from upload_access import PATHS

VERSIONS = ("v1beta1", "v2beta1")
SPELLED_TWICE = r"%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])"
"""A letter, digit, dot, dash or underscore, escaped, as no program does."""
ARTEFACT = r"/runs/.*/artifacts/.*(:|%3[aA])read/?"
"""The API reads any object of the bucket for it, the one that a workflow's status names. Nobody needs it: the pages ask
the namespace's artefact server, and the persistence agent the API itself."""
RUNS = ("runs", "jobs", "recurringruns")
"""What is made of a pipeline; version 1 calls the last ones jobs."""
MADE_BY_GRPC = r"/[a-z0-9.]*\.(Run|Job|RecurringRun)Service/Create(Run|Job|RecurringRun)(V1)?"
"""Nobody looks into messages of gRPC, and no client of users makes runs with them."""
LARGEST_RUN = 2 * 1024 * 1024
"""Bytes of a request for a run; a workflow of more than 1.5 MiB is none that Kubernetes keeps."""
READ_ARTEFACT = r"/[a-z0-9.]*\.RunService/ReadArtifact.*"

NAMED = {
    "names": r"/pipelines/names/.*",
    "namespaces": r"/namespaces/-/pipelines/.*",
}
"""A pipeline by its name: the API asks Kubernetes about the namespace that is said, and nothing where none is, and then
looks in all of them (v2beta1, and v1beta1 with `-` for none)."""
NAMELESS = "a pipeline is found by its name in a namespace that is said, or in the list\n"


def refused(place: str) -> list[Message]:
    """Return routes that refuse, below `/apis/VERSION` with whatever is before it."""
    return [
        refusal(_whole(f"{place}/.*{SPELLED_TWICE}.*"), "write letters and digits of a path as they are\n"),
        refusal(_whole(f"{place}{ARTEFACT}"), "artefacts are shown by the pages, and read from the object store\n"),
        refusal(_whole(f"{place}{NAMED['namespaces']}"), NAMELESS),
        *(
            refusal(
                {**_whole(f"{place}{NAMED['names']}"), "query_parameters": [{"name": "namespace", **said}]}, NAMELESS
            )
            for said in ({"present_match": False}, {"string_match": {"exact": ""}})
        ),
    ]


def uploads(place: str, version: str, route: Message) -> list[Message]:
    """Return the routes of uploads, spelled in one way, about which the authoriser is asked.

    Args:
        place: `/apis/VERSION` with whatever is before it.
        version: of the API.
        route: to the API.
    """
    return [
        *(
            {"match": {"path": f"{place}/{path}"}, "route": {**route, "prefix_rewrite": f"/apis/{version}/{path}"}}
            for path in PATHS
        ),
        refusal(_whole(rf"{place}/pipelines/upload(_version)?(/|;|%2[fF]|%3[bB]).*"), "the API has no such address\n"),
    ]


def runs(place: str, version: str, route: Message) -> list[Message]:
    """Return the routes of new runs and recurring ones, spelled in one way, which the authoriser looks into.

    Args:
        place: `/apis/VERSION` with whatever is before it.
        version: of the API.
        route: to the API.
    """
    writing = [{"name": ":method", "string_match": {"exact": "GET"}, "invert_match": True}]
    return [
        *(
            {
                "match": {"path": f"{place}/{path}", "headers": writing},
                "route": {**route, "prefix_rewrite": f"/apis/{version}/{path}"},
                **shown(LARGEST_RUN),
            }
            for path in RUNS
        ),
        refusal(_whole(rf"{place}/({'|'.join(RUNS)})(/|[:;%].*)"), "the API has no such address\n"),
    ]


def _whole(pattern: str) -> Message:
    return {"safe_regex": {"regex": pattern}}
