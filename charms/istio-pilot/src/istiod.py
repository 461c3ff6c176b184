"""How istiod is started.

Source of the flags, variables, paths and ports: Istio's istiod Helm chart and pilot/cmd/pilot-discovery, release 1.30.
"""

import json
from collections.abc import Iterator, Mapping

from kubeflow_charms.certificates import Authority, bundle
from kubeflow_charms.engine import user_objects
from kubeflow_charms.engine.cluster import Cluster, Reference
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Webhooks, Workload

SERVICE = "istiod"
DISCOVERY_PORT = 15012
WEBHOOK_PORT = 15017
METRICS_PORT = 15014
READINESS_PORT = 8080
"""It tells more than readiness to whoever is let in there."""
PLAIN = "--grpcAddr=127.0.0.1:15010"
"""Anybody is told there what a proxy is told; without an address, it would be at the port of readiness, for all."""
AUTHORITY = "/etc/cacerts"
INJECTION = "/var/lib/istio/inject"
IN_EVERY_NAMESPACE = ("istio-ca-root-cert", "istio-ca-crl")
ELECTIONS = ("istio-ip-autoallocate", "istio-namespace-controller-election")
PROGRAM = Program("istiod", role="istiod-role.yaml.j2", writable=(AUTHORITY, INJECTION))


def injection(template: str, proxy_image: str, *, cni: bool) -> dict[str, str]:
    """Return the sidecar injector's files by name.

    Args:
        template: the charm's injection.yaml.
        proxy_image: of the sidecars.
        cni: whether Istio's CNI plugin redirects the traffic of pods, so that they need no rights for it.
    """
    proxy = {"image": proxy_image, "clusterDomain": network.cluster_domain()}
    values = {"global": {"proxy": proxy}, "pilot": {"cni": {"enabled": cni}}}
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
        container=PROGRAM.container,
        command=f"/usr/local/bin/pilot-discovery discovery --monitoringAddr=:{METRICS_PORT} {PLAIN} "
        f"--domain={network.cluster_domain()} --keepaliveMaxServerConnectionAge=30m --log_output_level=default:info",
        environment={
            "CLUSTER_ID": "Kubernetes",
            "DISABLE_TRACK_REMAINING_CB_METRICS": "true",
            "ENABLE_DEBUG_ENDPOINT_AUTH": "true",
            "ENABLE_NATIVE_SIDECARS": "true",
            "INJECTION_WEBHOOK_CONFIG_NAME": "",
            "PILOT_CERT_PROVIDER": "istiod",
            "PILOT_ENABLE_ALPN_FILTER": switch,
            "PILOT_ENABLE_GATEWAY_API": "false",
            "PILOT_ENABLE_METADATA_EXCHANGE": switch,
            "PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE": "true",
            "POD_NAME": pod,
            "POD_NAMESPACE": namespace,
            "REVISION": "default",
            "SERVICE_ACCOUNT": PROGRAM.account(app),
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
        },
        files={
            f"{AUTHORITY}/ca-cert.pem": File(authority.certificate),
            f"{AUTHORITY}/ca-key.pem": File(authority.key),
            f"{AUTHORITY}/cert-chain.pem": File(authority.certificate),
            f"{AUTHORITY}/root-cert.pem": File(authority.certificate),
            **{f"{INJECTION}/{name}": File(text) for name, text in injection.items()},
        },
        checks={PROGRAM.container: HttpCheck(READINESS_PORT, "/ready")},
        metrics=Metrics(METRICS_PORT),
    )


def webhooks(authority: Authority) -> Webhooks:
    """Return what the API server asks istiod about: pods that want a sidecar, and Istio's own kinds."""
    context = {"ca_bundle": bundle(authority.certificate)}
    return Webhooks("webhooks", "webhooks.yaml.j2", container=PROGRAM.container, context=context)


def made(cluster: Cluster, namespace: str, root_certificate: str) -> Iterator[Reference]:
    """Yield the ConfigMaps that istiod makes: with its root certificate for each namespace, and to elect leaders.

    Args:
        cluster: where to look.
        namespace: of istiod.
        root_certificate: PEM; namespaces that hold another belong to another mesh.
    """
    everywhere = Reference("v1", "ConfigMap", IN_EVERY_NAMESPACE[0], user_objects.EVERYWHERE)
    for item in user_objects.list_all(cluster, everywhere, {"istio.io/config": "true"}):
        if (item.get("data") or {}).get("root-cert.pem") == root_certificate:
            for name in IN_EVERY_NAMESPACE:
                yield Reference("v1", "ConfigMap", name, item["metadata"]["namespace"])
    for name in ELECTIONS:
        yield Reference("v1", "ConfigMap", name, namespace)
