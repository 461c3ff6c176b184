"""How the controller of TrainJobs is started.

Source of the flags, paths, ports and the configuration: kubeflow/trainer v2.3.0, cmd/trainer-controller-manager,
pkg/apis/config and manifests/base/manager.
"""

import json
from typing import Any

import trainer_network
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import Alert, File, HttpCheck, Metrics, Panel, Program, Workload
from trainer_options import TrainerOptions

FOLDER = "/etc/trainer"
PROGRAM = Program(
    "trainer-controller",
    role="trainer-role.yaml.j2",
    writable=(FOLDER, trainer_network.CERTIFICATES),
    elects="{app}-leader",
)
STARTED_WITH = f"{FOLDER}/started-with"
"""Names the gang scheduler, whose kind of group Trainer looks for as it starts and never again."""
FAILURES = 'sum(rate(controller_runtime_reconcile_errors_total{controller="trainjob_controller",%s}[10m]))'
WORK = 'sum by (result) (rate(controller_runtime_reconcile_total{controller="trainjob_controller",%s}[5m]))'


def configuration(*, app: str, namespace: str, threads: int) -> dict[str, Any]:
    """Return the controller's configuration.

    Args:
        app: the application.
        namespace: the model's.
        threads: how many TrainJobs are worked on at once.
    """
    return {
        "apiVersion": "config.trainer.kubeflow.org/v1alpha1",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": f":{trainer_network.TRAINER_HEALTH}"},
        "metrics": {"bindAddress": f":{trainer_network.METRICS}", "secureServing": False},
        "webhook": {"port": trainer_network.TRAINER_WEBHOOKS},
        "leaderElection": {
            "leaderElect": True,
            "resourceName": PROGRAM.lease(app),
            "resourceNamespace": namespace,
            # Trainer does not start without.
            "leaseDuration": "15s",
            "renewDeadline": "10s",
            "retryPeriod": "2s",
        },
        "controller": {"groupKindConcurrency": {"TrainJob.trainer.kubeflow.org": threads}},
        # The charm makes the certificates: Trainer would want Secrets and webhook configurations for its own.
        "certManagement": {"enable": False},
    }


def workload(options: TrainerOptions, *, app: str, namespace: str, certificate: Certificate) -> Workload:
    """Return the controller.

    Args:
        options: of the charm.
        app: the application.
        namespace: the model's.
        certificate: what its webhooks show the API server.
    """
    file = f"{FOLDER}/config.yaml"
    return Workload(
        container=PROGRAM.container,
        command=f"/manager --config={file} --zap-log-level={options.log_level}",
        files={
            file: File(json.dumps(configuration(app=app, namespace=namespace, threads=options.threads), indent=2)),
            STARTED_WITH: File(options.gang_scheduler),
            f"{trainer_network.CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{trainer_network.CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={PROGRAM.container: HttpCheck(trainer_network.TRAINER_HEALTH, "/readyz")},
        metrics=Metrics(
            trainer_network.METRICS,
            panels=(Panel("Work on TrainJobs", WORK),),
            alerts=(
                Alert(
                    "TrainJobsCannotBeWorkedOn",
                    f"{FAILURES} > 0",
                    "The pods of a TrainJob cannot be made: its events with the reason TrainJobResourcesCreationFailed",
                ),
            ),
        ),
    )
