"""What there is of experiments: for an operator without a browser, and for the removal of their definitions.

Source of the fields: kubeflow/katib v0.19.0, pkg/apis/controller. Katib keeps an object of its kinds, by finalizers,
until it has counted it and deleted its numbers.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kubeflow_charms.engine.cluster import Cluster, Object
from kubeflow_charms.engine.user_objects import by_place

VERSION = "kubeflow.org/v1beta1"
HELD = tuple((VERSION, kind) for kind in ("Experiment", "Suggestion", "Trial"))
"""The kinds that Katib holds."""


def found(cluster: Cluster, namespace: str) -> list[Object]:
    """Return experiments, by namespace and name.

    Args:
        cluster: where to look.
        namespace: the only one to look in; empty for all.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    return by_place(cluster, VERSION, "Experiment", namespace)


def table(experiments: Iterable[Object]) -> list[Object]:
    """Return a row for each experiment."""
    return [_row(item["metadata"], item.get("spec") or {}, item.get("status") or {}) for item in experiments]


def describe(experiments: Iterable[Object]) -> str:
    """Return how many experiments there are, in how many namespaces, and how many of them run."""
    rows = table(experiments)
    if not rows:
        return "no experiments"
    running = sum(row["state"] in ("Created", "Running", "Restarting") for row in rows)
    namespaces = len({row["namespace"] for row in rows})
    return f"{len(rows)} experiments in {namespaces} namespaces, {running} running"


def _row(metadata: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]) -> Object:
    best = status.get("currentOptimalTrial") or {}
    metric = (spec.get("objective") or {}).get("objectiveMetricName", "")
    reached = [item for item in (best.get("observation") or {}).get("metrics") or [] if item.get("name") == metric]
    assigned = best.get("parameterAssignments") or []
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "algorithm": (spec.get("algorithm") or {}).get("algorithmName", ""),
        "state": _state(status),
        "trials": {
            "all": status.get("trials", 0),
            "succeeded": status.get("trialsSucceeded", 0),
            "failed": status.get("trialsFailed", 0),
            "running": status.get("trialsRunning", 0),
        },
        "best-trial": best.get("bestTrialName", ""),
        "metric": {metric: reached[0].get("latest", "") if reached else ""} if metric else {},
        "parameters": {item["name"]: item.get("value", "") for item in assigned},
    }


def _state(status: Mapping[str, Any]) -> str:
    true = [item["type"] for item in status.get("conditions") or [] if item.get("status") == "True"]
    return true[-1] if true else "Unknown"
