"""How Kubeflow's training operator is started.

Source of the flags, variables, paths and names: kubeflow/training-operator v1.9, cmd/training-operator.v1, pkg/cert and
manifests/base/webhook.
"""

import dataclasses

from kubeflow_charms.certificates import Certificate
from kubeflow_charms.configuration.images import moved
from kubeflow_charms.engine.run import fingerprint
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Workload
from training_options import TrainingOptions

METRICS_PORT, HEALTH_PORT, WEBHOOK_PORT = 8080, 8081, 9443
FOLDER = "/tmp/k8s-webhook-server/serving-certs"
SECRET = "training-operator-webhook-cert"
CONFIGURATION = "validator.training-operator.kubeflow.org"
"""The webhook configuration that the operator writes its own authority into; the name is fixed."""
LONGEST = 63
"""Characters of a namespace's name."""
VALIDATED = ("jaxjob", "paddlejob", "pytorchjob", "tfjob", "xgboostjob")
"""The kinds that it checks; an MPIJob is taken as it is."""
PROGRAM = Program("training-operator", role="operator-role.yaml.j2", writable=(FOLDER,), elects="{app}-leader")


@dataclasses.dataclass(frozen=True)
class Names:
    """What is called after the application and its model.

    Attributes:
        account: the operator's ServiceAccount.
        certificates: the namespace with nothing but the operator's own authority.
        lease: with which units agree on who works on jobs.
    """

    account: str
    certificates: str
    lease: str

    @classmethod
    def of(cls, app: str, model: str) -> "Names":
        """Return the names of an application."""
        return cls(PROGRAM.account(app), _namespace(f"{model}-{app}-certificates"), PROGRAM.lease(app))


def _namespace(name: str) -> str:
    """Return a name that a namespace may have."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{fingerprint(name)[:8]}"


def workload(options: TrainingOptions, names: Names, certificate: Certificate) -> Workload:
    """Return the operator, whose webhooks serve with a certificate that the API server is told to trust."""
    arguments = [
        "--leader-elect",
        f"--leader-election-id={names.lease}",
        f"--metrics-bind-address=:{METRICS_PORT}",
        f"--health-probe-bind-address=:{HEALTH_PORT}",
        f"--webhook-server-port={WEBHOOK_PORT}",
        f"--webhook-secret-name={SECRET}",
        f"--controller-threads={options.threads}",
        f"--pytorch-init-container-image={moved(options.pytorch_init_image, options.image_registry)}",
        f"--mpi-kubectl-delivery-image={moved(options.kubectl_delivery_image, options.image_registry)}",
        "--zap-log-level=info",
    ]
    if options.gang_scheduler:
        arguments.append(f"--gang-scheduler-name={options.gang_scheduler}")
    return Workload(
        container=PROGRAM.container,
        command=" ".join(("/manager", *arguments)),
        environment={"MY_POD_NAMESPACE": names.certificates},
        files={f"{FOLDER}/tls.crt": File(certificate.certificate), f"{FOLDER}/tls.key": File(certificate.key)},
        checks={PROGRAM.container: HttpCheck(HEALTH_PORT, "/readyz")},
        metrics=Metrics(METRICS_PORT),
    )
