"""Where the programs listen, by which names they find each other, and which namespaces Knative works in.

Source of ports and names: knative/serving v0.49.1 (1.22.1), cmd and config/core/deployments, and knative/pkg. The
programs of the pod share its network, so metrics and profiles have a port each. Two ports are fixed in the code: 8080
of the autoscaler, which therefore has a pod of its own, and 8080 of the probes of both controllers. The second of these
to start does without: knative/pkg's `sharedmain` ends nothing but its profiles when the port is taken.
"""

from collections.abc import Mapping
from typing import Any

import ops

HTTP1, HTTP2 = 8012, 8013
"""The activator's, for requests of HTTP 1 and 2."""
WEBHOOKS = 8443
AUTOSCALER = 8080
AUTOSCALER_METRICS = 9090
QUEUE_METRICS = 9090
"""Of the proxy beside each of users' pods, which counts requests."""
CONTROLLER_METRICS, ACTIVATOR_METRICS, WEBHOOK_METRICS, ISTIO_METRICS = 9091, 9092, 9093, 9094
PROBES = 8080
"""Of whichever controller starts first."""
INTERNAL = (PROBES, CONTROLLER_METRICS, ACTIVATOR_METRICS, WEBHOOK_METRICS, ISTIO_METRICS)
PROFILES = 1000
"""What a port of metrics is above that of profiles, which stay off."""

MESH = "mesh"
"""What Istio calls all sidecars where others name a Gateway; they lead to Services in the cluster."""
ACTIVATOR_SERVICE, AUTOSCALER_SERVICE = "activator-service", "autoscaler"
"""The Services by which programs look for each other, in the namespace that is their own."""


def environment(namespace: str, pod: str, metrics: int, domain: str) -> Mapping[str, str]:
    """Return the variables that every program has.

    Args:
        namespace: where it looks for its configuration.
        pod: the pod's name.
        metrics: the port of its metrics.
        domain: the cluster's.
    """
    return {
        "SYSTEM_NAMESPACE": namespace,
        "POD_NAME": pod,
        "CLUSTER_DOMAIN": domain,
        "CONFIG_LOGGING_NAME": "config-logging",
        "CONFIG_OBSERVABILITY_NAME": "config-observability",
        "METRICS_PROMETHEUS_PORT": str(metrics),
        "PROFILING_PORT": str(metrics - PROFILES),
    }


def counts() -> dict[str, Any]:
    """Return the AuthorizationPolicy by which the autoscaler learns how many requests a pod has; for every profile.

    It has no name in the mesh. Without an answer a Revision never goes to zero, and has the activator before its pods.
    """
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "knative-counts"},
        "spec": {
            "action": "ALLOW",
            "rules": [
                {
                    "from": [{"source": {"notPrincipals": ["*"]}}],
                    "to": [{"operation": {"methods": ["GET"], "paths": ["/metrics"], "ports": [str(QUEUE_METRICS)]}}],
                }
            ],
        },
    }


def address(model: ops.Model) -> str:
    """Return the pod's own address, by which the activator knows itself among its like."""
    binding = model.get_binding("juju-info")
    found = binding.network.bind_address if binding else None
    return str(found or "127.0.0.1")
