"""How KServe's controller is started.

Source of flags, variables, paths and ports: kserve/kserve v0.15.2, cmd/manager and config/manager.
"""

import model_metrics
import serving_network
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Workload

CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs"
STARTED_WITH = f"{CERTIFICATES}/started-with.json"
"""What of the configuration holds from the start on: a file, so that a change of it starts the program anew."""
PROGRAM = Program(
    "kserve-controller",
    role="controller-role.yaml.j2",
    writable=(CERTIFICATES,),
    elects="kserve-controller-manager-leader-lock",
)


def workload(*, namespace: str, knative: str, started_with: str, certificate: Certificate) -> Workload:
    """Return the controller; most of its configuration it asks Kubernetes for whenever it needs it.

    Args:
        namespace: the model's.
        knative: the namespace that Knative's configuration is in.
        started_with: the rest of its configuration.
        certificate: what its webhooks show the API server.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager --metrics-addr=:{serving_network.METRICS} --webhook-port={serving_network.WEBHOOKS} "
        f"--health-probe-addr=:{serving_network.HEALTH} --leader-elect",
        environment={"POD_NAMESPACE": namespace, "KNATIVE_CONFIG_AUTOSCALER_NAMESPACE": knative},
        files={
            STARTED_WITH: File(started_with),
            f"{CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={PROGRAM.container: HttpCheck(serving_network.HEALTH, "/readyz")},
        metrics=Metrics(serving_network.METRICS, alerts=model_metrics.ALERTS),
    )
