"""How many requests a charm makes to Kubernetes, as the API server counts them.

The server counts requests by FlowSchema (API priority and fairness), not by user; so each charm's ServiceAccount is
given a FlowSchema of its own for the time of the measurement.
"""

from __future__ import annotations

import re
from typing import Any

PREFIX = "bench-"
METRIC = re.compile(r'^apiserver_flowcontrol_dispatched_requests_total\{[^}]*\bflow_schema="([^"]+)"[^}]*\} (\S+)$')
EVERYTHING = {
    "resourceRules": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
    ],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
}


def schema(model: str, application: str) -> dict[str, Any]:
    """Return the FlowSchema by which the requests of an application's ServiceAccount are counted."""
    account = {"kind": "ServiceAccount", "serviceAccount": {"namespace": model, "name": application}}
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": PREFIX + application},
        "spec": {
            "matchingPrecedence": 2,
            "priorityLevelConfiguration": {"name": "workload-high"},
            "rules": [{"subjects": [account], **EVERYTHING}],
        },
    }


def dispatched(metrics: str, application: str) -> int:
    """Return how many requests an application made since its FlowSchema is there, from the server's /metrics."""
    found = (METRIC.match(line) for line in metrics.splitlines())
    return sum(int(float(match[2])) for match in found if match and match[1] == PREFIX + application)
