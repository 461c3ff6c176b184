"""How istiod is started.

Source of the flags, variables, paths and ports: Istio's istiod Helm chart and pilot/cmd/pilot-discovery, release 1.28.
"""

import base64
import json
from collections.abc import Mapping

from kubeflow_charms.certificates import Authority
from kubeflow_charms.parts import File, HttpCheck, Sandbox, Webhooks, Workload

SERVICE = "istiod"
DISCOVERY_PORT = 15012
AUTHORITY = "/etc/cacerts"
INJECTION = "/var/lib/istio/inject"


def sandbox(memory: str) -> Sandbox:
    """Return istiod's sandbox."""
    return Sandbox(container="istiod", role="istiod-role.yaml.j2", writable=(AUTHORITY, INJECTION), memory=memory)


def injection(template: str, proxy_image: str) -> dict[str, str]:
    """Return the sidecar injector's files by name.

    Args:
        template: the charm's injection.yaml.
        proxy_image: of the sidecars.
    """
    values = {"global": {"proxy": {"image": proxy_image, "clusterDomain": "cluster.local"}}}
    return {"config": template, "values": json.dumps(values)}


def workload(
    *, authority: Authority, injection: Mapping[str, str], pod: str, app: str, namespace: str, telemetry: bool
) -> Workload:
    """Return istiod.

    Args:
        authority: signs the certificates of the mesh.
        injection: the sidecar injector's files by name.
        pod: this unit's.
        app: the application.
        namespace: the pod's.
        telemetry: whether proxies run Istio's own filters.
    """
    switch = "true" if telemetry else "false"
    return Workload(
        container="istiod",
        command="/usr/local/bin/pilot-discovery discovery --monitoringAddr=:15014 --domain=cluster.local "
        "--keepaliveMaxServerConnectionAge=30m --log_output_level=default:info",
        environment={
            "CLUSTER_ID": "Kubernetes",
            "ENABLE_NATIVE_SIDECARS": "true",
            "INJECTION_WEBHOOK_CONFIG_NAME": "",
            "PILOT_CERT_PROVIDER": "istiod",
            "PILOT_ENABLE_ALPN_FILTER": switch,
            "PILOT_ENABLE_GATEWAY_API": "false",
            "PILOT_ENABLE_METADATA_EXCHANGE": switch,
            "POD_NAME": pod,
            "POD_NAMESPACE": namespace,
            "REVISION": "default",
            "SERVICE_ACCOUNT": f"{app}-istiod",
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
        },
        files={
            f"{AUTHORITY}/ca-cert.pem": File(authority.certificate),
            f"{AUTHORITY}/ca-key.pem": File(authority.key),
            f"{AUTHORITY}/cert-chain.pem": File(authority.certificate),
            f"{AUTHORITY}/root-cert.pem": File(authority.certificate),
            **{f"{INJECTION}/{name}": File(text) for name, text in injection.items()},
        },
        checks={"istiod": HttpCheck(8080, "/ready")},
    )


def webhooks(authority: Authority) -> Webhooks:
    """Return what the API server asks istiod about: pods that want a sidecar, and Istio's own kinds."""
    bundle = base64.b64encode(authority.certificate.encode()).decode()
    return Webhooks("webhooks", "webhooks.yaml.j2", container="istiod", context={"ca_bundle": bundle})
