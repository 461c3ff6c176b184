"""Where the programs of the pod listen, and who may call which of them.

All of them share the pod's network, so no two may have the same port. Two cannot be told theirs in upstream's release:
the metrics of the viewer controller (8080) and the drivers' idea of the API (8887); everything else gives way to them,
and Services give each its usual port.
"""

from collections.abc import Iterable

from kubeflow_charms.parts import callers
from kubeflow_charms.parts.callers import Source

API_HTTP = 8890
API_GRPC = 8891
GATE_HTTP = 8898
GATE_GRPC = 8897
GATE_PAGES = 8896
GATE_ADMIN = 9902
AUTHORIZER = 8895
SMOKE_TEST = "/smoke-test/metrics"
"""Where the gate shows how the last smoke test went."""
UI = 3000
VIEWER_METRICS = 8080
SCHEDULED_WORKFLOW_METRICS = 9091
"""Upstream's 9090 is the metadata proxy's here, whose port others know."""
INTERNAL = (VIEWER_METRICS, SCHEDULED_WORKFLOW_METRICS)
METADATA = 8090
METADATA_PROXY = 9090
METADATA_ADMIN = 9901

USER_HEADER = "kubeflow-userid"
"""The header in which the gateway says who the user is, and which the API believes."""

ENABLED = {"pipelines.kubeflow.org/enabled": "true"}
"""The label of the profiles that pipelines run in."""


def guarded(gateways: Iterable[str]) -> dict[int, tuple[Source, ...]]:
    """Return who may call, for the ports that are not everybody's.

    Those of the gate and of the metadata stay open: pods of every user's pipelines call them.

    Args:
        gateways: principals of the gateway's proxies.
    """
    browsers = callers.gateways(gateways)
    return {GATE_PAGES: browsers, METADATA_PROXY: browsers, API_GRPC: (), UI: ()}
