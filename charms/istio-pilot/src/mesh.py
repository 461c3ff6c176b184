"""The mesh's configuration.

Source of the keys: Istio's reference of MeshConfig, release 1.28.
"""

from typing import Any

from kubeflow_charms.interfaces.ingress_auth import Authorizer

PROVIDER = "gatekeeper"
IDENTITY_HEADERS = ("kubeflow-userid", "kubeflow-groups")


def mesh(*, namespace: str, discovery: str, gatekeeper: Authorizer | None, telemetry: bool) -> dict[str, Any]:
    """Return the MeshConfig.

    Args:
        namespace: of the control plane, where policies hold for the whole mesh.
        discovery: host and port at which proxies find istiod.
        gatekeeper: whom gateways ask about each request.
        telemetry: whether proxies report request metrics.
    """
    document: dict[str, Any] = {
        "rootNamespace": namespace,
        "trustDomain": "cluster.local",
        "accessLogFile": "/dev/stdout",
        "enablePrometheusMerge": True,
        "ingressControllerMode": "OFF",
        "defaultConfig": {"discoveryAddress": discovery},
        "extensionProviders": [_provider(gatekeeper, namespace)] if gatekeeper else [],
    }
    if not telemetry:
        document["defaultProviders"] = {"metrics": []}
    return document


def identity_headers(gatekeeper: Authorizer | None) -> list[str]:
    """Return the headers that only the gatekeeper may set."""
    if gatekeeper is None:
        return sorted(IDENTITY_HEADERS)
    asked = {header.lower() for header in gatekeeper.allowed_request_headers}
    given = {header.lower() for header in gatekeeper.allowed_response_headers}
    return sorted({*IDENTITY_HEADERS, *given} - asked)


def _provider(gatekeeper: Authorizer, namespace: str) -> dict[str, Any]:
    return {
        "name": PROVIDER,
        "envoyExtAuthzHttp": {
            "service": f"{gatekeeper.service}.{namespace}.svc.cluster.local",
            "port": gatekeeper.port,
            "timeout": "10s",
            "failOpen": False,
            "includeRequestHeadersInCheck": list(gatekeeper.allowed_request_headers),
            "headersToUpstreamOnAllow": list(gatekeeper.allowed_response_headers),
        },
    }
