"""Who may upload a pipeline that all users share: pure functions, with the standard library alone.

The API asks Kubernetes about uploads to a namespace, and lets everybody upload where there is none: a pipeline of all,
or another version of one. What it asks about those that come by its other methods is asked here as well: `create
pipelines` in the model's namespace. Source: kubeflow/pipelines 2.17, server/pipeline_upload_server.go, which takes the
first of a repeated parameter and passes over one that it cannot read.
"""

import re
import urllib.parse
from collections.abc import Callable

from page_access import NAMESPACE, Question, Refused

PATHS = ("pipelines/upload", "pipelines/upload_version")
TARGET = re.compile(r"(/pipeline)?/apis/v[12]beta1/(?P<which>pipelines/upload(_version)?)")
IDENTIFIER = re.compile(r"[-a-zA-Z0-9]{1,64}")
Whose = Callable[[str], str]
"""From a pipeline's identifier to its namespace; empty for what all share. Raises `Refused`, OSError or ValueError."""


def asked(target: str, namespace: str, whose: Whose) -> tuple[Question, ...]:
    """Return what has to be allowed beside what the API itself asks about; nothing for all but uploads.

    Args:
        target: path and query of a request to the API.
        namespace: the model's.
        whose: looks a pipeline up.

    Raises:
        Refused: nobody may ask that.
    """
    path, _, query = target.partition("?")
    found = TARGET.fullmatch(path)
    if not found:
        return ()
    if found["which"] == PATHS[0]:
        where = _one(query, "namespace", NAMESPACE)
    else:
        pipeline = _one(query, "pipelineid", IDENTIFIER)
        if not pipeline:
            raise Refused("pipelineid says which pipeline gets another version")
        where = whose(pipeline)
    return () if where else (Question(namespace, "create", "pipelines", "pipelines.kubeflow.org"),)


def _one(query: str, name: str, pattern: re.Pattern[str]) -> str:
    """Return a parameter's value, read in one way only; empty if it is not there."""
    try:
        values = [
            value
            for key, value in urllib.parse.parse_qsl(query, keep_blank_values=True, errors="strict")
            if key == name
        ]
    except ValueError as error:
        raise Refused("the query cannot be read in one way only") from error
    if len(values) > 1:
        raise Refused(f"parameter {name} is given twice")
    if values and values[0] and not pattern.fullmatch(values[0]):
        raise Refused(f"parameter {name} has a value that it cannot have")
    return values[0] if values else ""
