"""What users have of Knative, and what its programs make by themselves; for the removal of the application.

Source of kinds and finalizers: knative/serving v0.49.1 (1.22.1), pkg/reconciler. Routes, DomainMappings and the
Ingresses that come of them are held by finalizers until a controller has cleaned up after them.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

import knative_programs
import ops
from kubeflow_charms.cluster import Cluster, Reference
from kubeflow_charms.run import Run
from kubeflow_charms.user_objects import EVERYWHERE, delete_and_await, list_all, merge

SERVING = "serving.knative.dev/v1"
WRITTEN = (
    (SERVING, "Service"),
    (SERVING, "Route"),
    (SERVING, "Configuration"),
    ("serving.knative.dev/v1beta1", "DomainMapping"),
)
"""The kinds that users write; what Knative makes of them goes with them."""
HELD = (
    *WRITTEN,
    (SERVING, "Revision"),
    ("networking.internal.knative.dev/v1alpha1", "Ingress"),
    ("networking.internal.knative.dev/v1alpha1", "ServerlessService"),
    ("networking.internal.knative.dev/v1alpha1", "Certificate"),
    ("autoscaling.internal.knative.dev/v1alpha1", "PodAutoscaler"),
    ("autoscaling.internal.knative.dev/v1alpha1", "Metric"),
)
"""The kinds that a program may hold."""
AUTOSCALER_LEASES = ("autoscaler-bucket-00-of-01",)
"""The lease of the autoscaler that works, whose name its Service and Endpoints have too."""
PATIENCE = 30.0
"""Seconds that Knative is given to let go of what is deleted."""


def made_by_programs(namespace: str) -> Iterator[Reference]:
    """Yield what the autoscaler makes in the model's namespace."""
    for name in AUTOSCALER_LEASES:
        yield Reference("v1", "Service", name, namespace)
        yield Reference("v1", "Endpoints", name, namespace)


def delete_all(cluster: Cluster, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep) -> None:
    """Delete all objects that users have written while Knative runs, so that it cleans up after them.

    Args:
        cluster: where they are.
        patience: seconds that Knative is given.
        sleep: waits for so many seconds.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    delete_and_await(
        cluster,
        lambda: [reference for reference, _ in _found(cluster, WRITTEN)],
        patience=patience,
        sleep=sleep,
    )


def let_go(cluster: Cluster) -> None:
    """Take Knative's hold off all objects that have it: once it is gone they would never go, nor their namespaces.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    for reference, held in _found(cluster, HELD):
        if held:
            merge(cluster, reference, {"metadata": {"finalizers": None}})


def stop(unit: ops.Unit, run: Run) -> None:
    """End the controllers, which would take hold again of what they are made to let go."""
    for container in (knative_programs.CONTROLLER, knative_programs.ISTIO):
        with contextlib.suppress(ops.pebble.Error):
            unit.get_container(container).stop(container)
    autoscaler = Reference("apps/v1", "Deployment", f"{run.app}-autoscaler", run.namespace)
    run.attempt(run.cluster.delete, autoscaler)


def _found(cluster: Cluster, kinds: tuple[tuple[str, str], ...]) -> Iterator[tuple[Reference, bool]]:
    for version, kind in kinds:
        for item in list_all(cluster, Reference(version, kind, "list", EVERYWHERE)):
            metadata = item["metadata"]
            reference = Reference(version, kind, metadata["name"], metadata["namespace"])
            yield reference, bool(metadata.get("finalizers"))
