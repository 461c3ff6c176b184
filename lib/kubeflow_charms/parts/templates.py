"""Jinja2 templates of a charm's src folder, rendered only when the cluster is about to change."""

import functools
from collections.abc import Mapping
from typing import Any

from ..engine.cluster import Object


def render(text: str, context: Mapping[str, Any]) -> list[Object]:
    """Return the Kubernetes objects of a YAML template; a name that the context lacks is an error.

    Values are inserted as JSON where the template says `| tojson`, which YAML reads as it stands.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(_compiled(text).render(**context), Loader=loader) if document]


@functools.cache
def _compiled(text: str) -> Any:
    import jinja2

    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)
