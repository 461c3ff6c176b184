"""How the controller of JobSets is started.

Source of the flags, paths, ports and the configuration: kubernetes-sigs/jobset v0.12.0, main.go and api/config.
"""

import json
from typing import Any

import trainer_network
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, HttpCheck, Program, Workload

FOLDER = "/etc/jobset"
PROGRAM = Program(
    "jobset-controller",
    role="jobset-role.yaml.j2",
    writable=(FOLDER, trainer_network.CERTIFICATES),
    elects="{app}-jobset-leader",
)


def configuration(app: str, namespace: str) -> dict[str, Any]:
    """Return the controller's configuration.

    Args:
        app: the application.
        namespace: the model's.
    """
    return {
        "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": f":{trainer_network.JOBSET_HEALTH}"},
        # It shows them by TLS to those whom Kubernetes knows, which no collector is that the charm could tell of them.
        "metrics": {"bindAddress": "0"},
        "webhook": {"port": trainer_network.JOBSET_WEBHOOKS},
        "leaderElection": {"leaderElect": True, "resourceName": PROGRAM.lease(app), "resourceNamespace": namespace},
        "internalCertManagement": {"enable": False},
    }


def workload(*, app: str, namespace: str, log_level: str, certificate: Certificate) -> Workload:
    """Return the controller.

    Args:
        app: the application.
        namespace: the model's.
        log_level: what it logs.
        certificate: what its webhooks show the API server.
    """
    file = f"{FOLDER}/config.yaml"
    return Workload(
        container=PROGRAM.container,
        command=f"/manager --config={file} --zap-devel=false --zap-log-level={log_level}",
        files={
            file: File(json.dumps(configuration(app, namespace), indent=2)),
            f"{trainer_network.CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{trainer_network.CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={PROGRAM.container: HttpCheck(trainer_network.JOBSET_HEALTH, "/readyz")},
    )
