"""What lets users' pods out of a cluster behind a company's proxy: the PodDefault `use-proxy`."""

from collections.abc import Mapping
from typing import Any

NAME = "use-proxy"
"""Of the PodDefault, and the label by which pods ask for it."""
NAMESPACE = "{{ NAMESPACE }}"
"""What kubeflow-profiles puts the name of each profile's namespace in the place of."""


def pod_default(proxy: Mapping[str, str]) -> dict[str, Any]:
    """Return the PodDefault; it goes to the namespace of every profile.

    Args:
        proxy: the variables of the way out.
    """
    return {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": NAME},
        "spec": {
            "desc": "Leave the cluster through the proxy",
            "selector": {"matchLabels": {NAME: "true"}},
            "env": [{"name": name, "value": value} for name, value in sorted(proxy.items())],
        },
    }
