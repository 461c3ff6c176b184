"""What the API adds to the specification of every workflow that it makes.

Source of the fields: Argo Workflows 3.7, WorkflowSpec; of the patch itself: kubeflow/pipelines 2.17,
backend/src/v2/compiler/argocompiler/spec_patch.go.
"""

import json
from collections.abc import Mapping


def patch(proxy: Mapping[str, str]) -> str:
    """Return the patch, as JSON: the way out of the cluster for drivers, launchers and steps.

    Args:
        proxy: the variables of the way out; empty where the cluster needs none.
    """
    if not proxy:
        return "{}"
    variables = [{"name": name, "value": value} for name, value in sorted(proxy.items())]
    # Argo calls the container of a step, in which drivers and launchers run as well, main.
    return json.dumps({"podSpecPatch": json.dumps({"containers": [{"name": "main", "env": variables}]})})
