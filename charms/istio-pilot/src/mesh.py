"""The mesh's configuration.

Source of the keys: Istio's reference of MeshConfig, release 1.30.
"""

from collections.abc import Iterable
from typing import Any

from kubeflow_charms.interfaces.ingress_auth import Authorizer
from kubeflow_charms.networking import network

PROVIDER = "gatekeeper"


def mesh(
    *,
    namespace: str,
    others: Iterable[str],
    proxies: Iterable[str],
    discovery: str,
    gatekeeper: Authorizer | None,
    telemetry: bool,
) -> dict[str, Any]:
    """Return the MeshConfig.

    Args:
        namespace: of the control plane, where policies hold for the whole mesh.
        others: further namespaces that the gateway routes to.
        proxies: further namespaces of gateways' pods.
        discovery: host and port at which proxies find istiod.
        gatekeeper: whom gateways ask about each request.
        telemetry: whether proxies report request metrics.
    """
    # Whoever has a token of any account may ask istiod as a proxy, and is told what its namespace may know.
    known = [".", *sorted({namespace, *proxies})]
    document: dict[str, Any] = {
        "rootNamespace": namespace,
        "trustDomain": "cluster.local",
        "accessLogFile": "/dev/stdout",
        "enablePrometheusMerge": True,
        "ingressControllerMode": "OFF",
        "defaultConfig": {"discoveryAddress": discovery},
        "defaultServiceExportTo": known,
        "defaultVirtualServiceExportTo": known,
        "discoverySelectors": _selectors({namespace, *others}),
        "extensionProviders": [_provider(gatekeeper, namespace)] if gatekeeper else [],
    }
    if not telemetry:
        document["defaultProviders"] = {"metrics": []}
    return document


def _selectors(names: set[str]) -> list[dict[str, Any]]:
    """Return which namespaces are of this mesh; istiod would else leave a ConfigMap in every one of the cluster."""
    return [
        {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(names)}]},
        {"matchLabels": {"istio-injection": "enabled"}},
        {"matchLabels": {"istio.io/rev": "default"}},
    ]


def _provider(gatekeeper: Authorizer, namespace: str) -> dict[str, Any]:
    return {
        "name": PROVIDER,
        "envoyExtAuthzHttp": {
            "service": f"{gatekeeper.service}.{namespace}.svc.{network.cluster_domain()}",
            "port": gatekeeper.port,
            "timeout": "10s",
            "failOpen": False,
            "includeRequestHeadersInCheck": list(gatekeeper.allowed_request_headers),
            "headersToUpstreamOnAllow": list(gatekeeper.allowed_response_headers),
        },
    }
