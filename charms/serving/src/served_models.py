"""What there is of served models: for an operator without a browser, and for the removal of KServe.

Source of the fields: kserve/kserve v0.15.2, pkg/apis/serving. KServe keeps an object of these kinds, by finalizers,
until it has cleaned up after it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kubeflow_charms.engine.cluster import Cluster, Object, Reference
from kubeflow_charms.engine.user_objects import EVERYWHERE, by_place, list_all

SERVICE = ("serving.kserve.io/v1beta1", "InferenceService")
HELD = (
    SERVICE,
    ("serving.kserve.io/v1alpha1", "InferenceGraph"),
    ("serving.kserve.io/v1alpha1", "TrainedModel"),
)
"""The kinds that KServe holds."""
LABEL = "serving.kserve.io/inferenceservice"
"""Of a model's pods."""
LABELS = [LABEL, "serving.kserve.io/inferencegraph", "serving.knative.dev/service"]
"""Of the pods of models, graphs, and programs that Knative runs."""


def found(cluster: Cluster, namespace: str) -> list[Object]:
    """Return InferenceServices, by namespace and name.

    Args:
        cluster: where to look.
        namespace: the only one to look in; empty for all.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    return by_place(cluster, *SERVICE, namespace)


def pods(cluster: Cluster, namespace: str) -> list[Object]:
    """Return all pods, of models and others; for `table`. KServe looks at them late, and tells of a failure then.

    Args:
        cluster: where to look.
        namespace: the only one to look in; empty for all.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    return list_all(cluster, Reference("v1", "Pod", "list", namespace or EVERYWHERE))


def table(services: Iterable[Object], pods: Iterable[Object] = ()) -> list[Object]:
    """Return a row for each InferenceService.

    Args:
        services: the InferenceServices.
        pods: what may tell why one is not ready.
    """
    failures: dict[tuple[str, str], str] = {}
    for pod in pods:
        metadata = pod["metadata"]
        model = (metadata.get("labels") or {}).get(LABEL)
        if model and (failure := _failure(pod.get("status") or {})):
            failures[metadata["namespace"], model] = failure
    return [
        _row(
            item["metadata"],
            item.get("spec") or {},
            item.get("status") or {},
            failures.get((item["metadata"]["namespace"], item["metadata"]["name"]), ""),
        )
        for item in services
    ]


def _failure(status: Mapping[str, Any]) -> str:
    """Return what the first container that ended badly said last; nothing if none did."""
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in containers:
        for state in (container.get("state") or {}, container.get("lastState") or {}):
            ended = state.get("terminated") or {}
            if ended.get("exitCode"):
                lines = (ended.get("message") or ended.get("reason") or "").strip().splitlines()
                return f"{container['name']}: {lines[-1] if lines else 'it ended'}"
    return ""


def describe(services: Iterable[Object]) -> str:
    """Return how many there are, in how many namespaces, and how many of them answer."""
    rows = table(services)
    if not rows:
        return "no models"
    ready = sum(row["ready"] for row in rows)
    namespaces = len({row["namespace"] for row in rows})
    return f"{len(rows)} models in {namespaces} namespaces, {ready} ready"


def _row(metadata: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any], failure: str) -> Object:
    conditions = {item.get("type"): item for item in status.get("conditions") or []}
    ready = conditions.get("Ready", {}).get("status") == "True"
    model = (spec.get("predictor") or {}).get("model") or {}
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "format": (model.get("modelFormat") or {}).get("name", ""),
        "ready": ready,
        "reason": "" if ready else failure or _reason(status, conditions.values()),
        "path": f"/serving/{metadata['namespace']}/{metadata['name']}/",
    }


def _reason(status: Mapping[str, Any], conditions: Iterable[Mapping[str, Any]]) -> str:
    failure = (status.get("modelStatus") or {}).get("lastFailureInfo") or {}
    # A program that ends by an exception says it on its last line.
    told = [failure.get("reason", ""), *(failure.get("message") or "").strip().splitlines()[-1:]]
    for condition in conditions:
        if condition.get("status") == "False" and condition.get("type") != "Ready":
            told += [condition.get("reason", ""), condition.get("message", "")]
    return ": ".join(dict.fromkeys(text.strip() for text in told if text))
