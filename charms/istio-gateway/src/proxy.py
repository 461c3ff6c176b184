"""How Istio's agent is started as a gateway.

Source of the flags, variables and paths: Istio's gateway Helm chart and pilot/cmd/pilot-agent, release 1.30.
"""

import json

from gateway_options import GatewayOptions
from kubeflow_charms.interfaces.istio_control_plane import ControlPlane
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Token, Workload

METRICS_PORT, ENVOYS_METRICS_PORT = 15020, 15090
"""They name what is asked for, in all profiles."""
ROOT_CONFIG_MAP = "istio-ca-root-cert"
ROOT_CERTIFICATE = "/var/run/secrets/istio/root-cert.pem"
WRITABLE = (
    "/etc/istio/proxy",
    "/var/lib/istio/data",
    "/var/run/secrets/istio",
    "/var/run/secrets/workload-spiffe-uds",
)


def labels(options: GatewayOptions) -> dict[str, str]:
    """Return the labels by which Istio's objects choose the gateway."""
    return {"app": f"istio-{options.kind}gateway", "istio": f"{options.kind}gateway"}


PROGRAM = Program(
    "proxy",
    writable=WRITABLE,
    tokens=(Token("/var/run/secrets/tokens/istio-token", audience="istio-ca"),),
    labels=labels,
)
"""It has no right in Kubernetes, only a token that istiod accepts."""


def workload(control_plane: ControlPlane, root_certificate: str, *, pod: str, app: str, namespace: str) -> Workload:
    """Return the agent, which starts Envoy and keeps it configured.

    Args:
        control_plane: whom to ask for configuration and certificates.
        root_certificate: PEM of the authority that the control plane shows itself with.
        pod: this unit's pod.
        app: the application, whose ServiceAccount is the proxy's identity.
        namespace: the pod's.
    """
    discovery = f"{control_plane.service_name}:{control_plane.service_port}"
    return Workload(
        container=PROGRAM.container,
        command=f"/usr/local/bin/pilot-agent proxy router --domain {namespace}.svc.{network.cluster_domain()} "
        "--proxyLogLevel=warning --proxyComponentLogLevel=misc:error --log_output_level=default:info",
        environment={
            "CA_ADDR": discovery,
            "CA_ROOT_CA": ROOT_CERTIFICATE,
            "ISTIO_META_CLUSTER_ID": "Kubernetes",
            "ISTIO_META_MESH_ID": "cluster.local",
            "ISTIO_META_UNPRIVILEGED_POD": "true",
            "ISTIO_META_WORKLOAD_NAME": app,
            "JWT_POLICY": "third-party-jwt",
            "PILOT_CERT_PROVIDER": "istiod",
            "POD_NAME": pod,
            "POD_NAMESPACE": namespace,
            "PROXY_CONFIG": json.dumps({"discoveryAddress": discovery}),
            "SERVICE_ACCOUNT": app,
            "TRUST_DOMAIN": "cluster.local",
            "XDS_ROOT_CA": ROOT_CERTIFICATE,
        },
        files={ROOT_CERTIFICATE: File(root_certificate, mode=0o644)},
        checks={PROGRAM.container: HttpCheck(15021, "/healthz/ready")},
        metrics=Metrics(METRICS_PORT, "/stats/prometheus"),
    )
