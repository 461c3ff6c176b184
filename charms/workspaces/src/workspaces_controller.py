"""How the controller of Workspaces is started.

Source of the flags, variables, ports and paths: kubeflow/notebooks v2.0.0-beta.0, workspaces/controller/cmd/main.go.
"""

import workspaces_ports
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.networking import network
from kubeflow_charms.parts import Alert, File, HttpCheck, Metrics, Panel, Program, TlsCheck, Workload

CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs"
PROGRAM = Program(
    "workspaces-controller",
    role="workspaces-controller-role.yaml.j2",
    writable=(CERTIFICATES,),
    elects="kubeflow-workspace-controller",
)
"""The Lease has the one name that the program knows."""
FAILURES = 'sum(rate(controller_runtime_reconcile_errors_total{controller="workspace",%s}[10m]))'
WORK = 'sum by (result) (rate(controller_runtime_reconcile_total{controller="workspace",%s}[5m]))'


def workload(*, gateway: str, certificate: Certificate) -> Workload:
    """Return the controller.

    Args:
        gateway: the Istio Gateway of Workspaces' routes, `<namespace>/<name>`.
        certificate: of its webhooks.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager --leader-elect --health-probe-bind-address=:{workspaces_ports.HEALTH} "
        f"--metrics-bind-address=:{workspaces_ports.METRICS} --zap-devel=false",
        environment={
            "CLUSTER_DOMAIN": network.cluster_domain(),
            "ISTIO_GATEWAY": gateway,
            "ISTIO_HOSTS": "*",
            "USE_ISTIO": "true",
        },
        files={
            f"{CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={
            PROGRAM.container: HttpCheck(workspaces_ports.HEALTH, "/healthz", liveness=True),
            "workspaces-webhooks": TlsCheck(workspaces_ports.WEBHOOKS),
        },
        metrics=Metrics(
            workspaces_ports.METRICS,
            panels=(Panel("Work on Workspaces", WORK),),
            alerts=(
                Alert(
                    "WorkspacesCannotBeWorkedOn",
                    f"{FAILURES} > 0",
                    "What a Workspace is made of cannot be made or changed: the controller's log says what is refused",
                ),
            ),
        ),
    )
