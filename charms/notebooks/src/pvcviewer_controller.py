"""How the controller of PVCViewers is started.

Source of the flags, variables, port and paths: kubeflow/notebooks v1.11, components/pvcviewer-controller.
"""

import json

import volume_viewer
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, TlsCheck, Workload

METRICS_PORT, HEALTH_PORT, WEBHOOK_PORT = 8082, 8083, 9443
FOLDER = "/etc/pvcviewer-controller"
POD = f"{FOLDER}/pod-spec.yaml"
CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs"
PROGRAM = Program("pvcviewer-controller", role="pvcviewer-controller-role.yaml.j2", writable=(FOLDER, CERTIFICATES))


def workload(*, gateway: str, viewer_image: str, certificate: Certificate) -> Workload:
    """Return the controller.

    Args:
        gateway: the Istio Gateway of viewers' routes, `<namespace>/<name>`.
        viewer_image: of viewers that say none.
        certificate: of its webhooks.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager -metrics-bind-address=:{METRICS_PORT} -health-probe-bind-address=:{HEALTH_PORT} "
        "-leader-elect",
        environment={"DEFAULT_POD_SPEC_PATH": POD, "ISTIO_GATEWAY": gateway},
        files={
            # JSON is YAML.
            POD: File(json.dumps(volume_viewer.pod(viewer_image), indent=1)),
            f"{CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={
            PROGRAM.container: HttpCheck(HEALTH_PORT, "/healthz", liveness=True),
            "pvcviewer-webhooks": TlsCheck(WEBHOOK_PORT),
        },
        metrics=Metrics(METRICS_PORT),
    )
