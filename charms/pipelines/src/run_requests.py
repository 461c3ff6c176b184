"""What a request for a new run, or a recurring one, may not say: pure functions, with the standard library alone.

Upstream's message for a run has fields that the API itself fills in, and believes where a request has them. With the
identifier of another's run, the workflow is made in the user's namespace and reported as what that run has done; with
that of a recurring run and the name of a run of it, that run is shown to whoever asks, or its turn is taken. Nobody
looks whose they are, nor whose the pipeline is that is run, which is shown with the run. Source: kubeflow/pipelines
2.17, server/api_converter.go (toModelRun, toModelJob), resource_manager.go (CreateRun, fetchTemplateFromPipelineSpec).
"""

import re
import threading
from collections.abc import Iterator
from typing import Any

from kubeflow_charms.small_programs.envoys_questions import content
from page_access import Refused

TARGET = re.compile(r"(/pipeline)?/apis/v[12]beta1/(runs|jobs|recurringruns)")
GIVEN = ("id", "runid", "recurringrunid")
"""What the API says of a run, in version 1 or 2; as JSON such a name has underscores or capitals as well."""
REFERENCES = ("EXPERIMENT", "NAMESPACE", "PIPELINE", "PIPELINE_VERSION")
"""What a run of version 1 is made with; the other one is JOB, which made it."""
PARSED = "PipelineInfo"
"""Where the API looks for the path of a run in a pipeline's own specification, which has no such part."""
PATHS = {
    "pipelineid": "/apis/v2beta1/pipelines/",
    "PIPELINE": "/apis/v2beta1/pipelines/",
    "pipelineversionid": "/apis/v1beta1/pipeline_versions/",
    "PIPELINE_VERSION": "/apis/v1beta1/pipeline_versions/",
}
"""Where the API shows a pipeline or a version to those who may see it, by the field or the kind that names it."""
IDENTIFIER = re.compile(r"[-a-zA-Z0-9]{1,64}")
_reading = threading.Lock()


def pipelines(body: bytes) -> tuple[str, ...]:
    """Return the API's paths of the pipelines that a request names, which its user has to be shown.

    Args:
        body: of the request, whole.

    Raises:
        Refused: it says what is for the API to say, or it cannot be read in one way only.
    """
    # What is read takes much more memory than its text, so it is one at a time.
    with _reading:
        try:
            run = content(body)
        except ValueError as error:
            raise Refused(f"a run is a JSON object that can be read in one way only: {error}") from error
        return tuple(dict.fromkeys(path for name, value in run.items() for path in _named(name, value)))


def _named(name: str, value: Any) -> Iterator[str]:
    plain = _plain(name)
    if plain in GIVEN and value not in ("", None):
        raise Refused(f"{name} of a run is for Kubeflow Pipelines to say, leave it out")
    if plain == "resourcereferences":
        for reference in value if isinstance(value, list) else [] if value is None else [value]:
            yield from _referred(reference)
    if plain == "pipelineversionid":
        yield from _path(plain, value)
    if plain in ("pipelinespec", "pipelineversionreference") and isinstance(value, dict):
        if PARSED in value:
            raise Refused(f"a pipeline's specification has no {PARSED}")
        for part, identifier in value.items():
            if _plain(part) in PATHS:
                yield from _path(_plain(part), identifier)


def _referred(reference: Any) -> Iterator[str]:
    try:
        kind, identifier = reference["key"]["type"], reference["key"].get("id")
    except (TypeError, LookupError, AttributeError):
        kind, identifier = None, None
    if kind not in REFERENCES:
        raise Refused(f"a run refers to one of {', '.join(REFERENCES)}; which schedule made it is not for users to say")
    if kind in PATHS:
        yield from _path(kind, identifier)


def _path(kind: str, identifier: Any) -> Iterator[str]:
    if identifier in ("", None):
        return
    if not isinstance(identifier, str) or not IDENTIFIER.fullmatch(identifier):
        raise Refused("a pipeline has an identifier of letters, digits and dashes")
    yield PATHS[kind] + identifier


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
