"""Which application the bundles relate to an endpoint, for commands that people type."""

UNKNOWN = "APPLICATION"
PARTNERS = {
    "dex-oidc-config": "dex-auth:dex-oidc-config",
    "ingress-auth": "oidc-gatekeeper:ingress-auth",
    "istio-gateway-info": "istio-pilot:gateway-info",
    "kubernetes_manifest": "kubeflow-profiles:{endpoint}",
    "k8s-service": "{endpoint}",
    "mysql_client": "mysql:database",
    "object-storage": "seaweedfs:object-storage",
    "oidc-client": "dex-auth:oidc-client",
}
"""By interface; endpoints of `k8s-service` are called like the application whose Service they want."""


def integrate(application: str, endpoint: str, interface: str) -> str:
    """Return the command that gives an endpoint the relation it lacks; with `UNKNOWN` where the bundles have none."""
    partner = PARTNERS.get(interface, UNKNOWN).format(endpoint=endpoint)
    return f"juju integrate {application}:{endpoint} {partner}"
