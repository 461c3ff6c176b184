"""What users have of Knative, and what its autoscaler makes by itself; for the removal of the application.

Source of kinds and finalizers: knative/serving v0.49.1 (1.22.1), pkg/reconciler. Routes, DomainMappings and the
Ingresses that come of them are held by finalizers until a controller has cleaned up after them.
"""

from collections.abc import Iterator

from kubeflow_charms.engine.cluster import Reference

SERVING = "serving.knative.dev/v1"
HELD = (
    (SERVING, "Service"),
    (SERVING, "Route"),
    (SERVING, "Configuration"),
    ("serving.knative.dev/v1beta1", "DomainMapping"),
    ("networking.internal.knative.dev/v1alpha1", "Ingress"),
)
"""The kinds that users write, and that a program may hold; what else Knative makes of them goes with them."""
AUTOSCALER_LEASES = ("autoscaler-bucket-00-of-01",)
"""The lease of the autoscaler that works, whose name its Service and EndpointSlice have too."""


def made_by_the_autoscaler(namespace: str) -> Iterator[Reference]:
    """Yield what the autoscaler makes in the model's namespace."""
    for name in AUTOSCALER_LEASES:
        yield Reference("v1", "Service", name, namespace)
        yield Reference("discovery.k8s.io/v1", "EndpointSlice", name, namespace)
