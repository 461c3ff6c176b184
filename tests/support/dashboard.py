"""What the dashboard offers its users."""

import json

from .kubeflow import MODEL
from .kubernetes import look_up


def links(*kinds: str) -> list[dict[str, str]]:
    """Return the links of these kinds, as the dashboard is told of them: menuLinks, externalLinks or quickLinks."""
    found = json.loads(look_up("configmap", "centraldashboard-config", "-n", MODEL)["data"]["links"])
    return [link for kind in kinds for link in found[kind]]
