"""What a request for a new run may not say: pure functions, with the standard library alone.

Upstream's message for a run has fields that the API itself fills in, and believes where a request has them. With the
identifier of another's run, the workflow is made in the user's namespace and reported as what that run has done; with
that of a recurring run and the name of a run of it, that run is shown to whoever asks, or its turn is taken. Nobody
looks whose they are. Source: kubeflow/pipelines 2.17, server/api_converter.go (toModelRun), resource_manager.go
(CreateRun, ReportWorkflowResource).
"""

import re
import threading
from typing import Any

from kubeflow_charms.small_programs.envoys_questions import content
from page_access import Refused

TARGET = re.compile(r"(/pipeline)?/apis/v[12]beta1/runs")
GIVEN = ("id", "runid", "recurringrunid")
"""What the API says of a run, in version 1 or 2; as JSON such a name has underscores or capitals as well."""
REFERENCES = ("EXPERIMENT", "NAMESPACE", "PIPELINE", "PIPELINE_VERSION")
"""What a run of version 1 is made with; the other one is JOB, which made it."""
PARSED = "PipelineInfo"
"""Where the API looks for the path of a run in a pipeline's own specification, which has no such part."""
_reading = threading.Lock()


def check(body: bytes) -> None:
    """Return if a request says nothing that is for the API to say.

    Args:
        body: of the request, whole.

    Raises:
        Refused: it does, or it cannot be read in one way only.
    """
    # What is read takes much more memory than its text, so it is one at a time.
    with _reading:
        try:
            run = content(body)
        except ValueError as error:
            raise Refused(f"a run is a JSON object that can be read in one way only: {error}") from error
        for name, value in run.items():
            _look_at(name, value)


def _look_at(name: str, value: Any) -> None:
    plain = name.replace("_", "").lower()
    if plain in GIVEN and value not in ("", None):
        raise Refused(f"{name} of a run is for Kubeflow Pipelines to say, leave it out")
    if plain == "resourcereferences" and not all(_kind(reference) in REFERENCES for reference in _list(value)):
        raise Refused(f"a run refers to one of {', '.join(REFERENCES)}; which schedule made it is not for users to say")
    if plain == "pipelinespec" and isinstance(value, dict) and PARSED in value:
        raise Refused(f"a pipeline's specification has no {PARSED}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _kind(reference: Any) -> Any:
    try:
        return reference["key"]["type"]
    except (TypeError, LookupError):
        return None
