"""Jinja2 templates of a charm's src folder, rendered only when the cluster is about to change."""

from collections.abc import Mapping
from typing import Any

from .cluster import Object


def render(text: str, context: Mapping[str, Any]) -> list[Object]:
    """Return the Kubernetes objects of a YAML template; a name that the context lacks is an error.

    Values are inserted as JSON where the template says `| tojson`, which YAML reads as it stands.
    """
    import jinja2
    import yaml

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents = yaml.load_all(environment.from_string(text).render(**context), Loader=loader)
    return [document for document in documents if document]
