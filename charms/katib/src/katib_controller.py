"""How the controller of Experiments, Suggestions and Trials is started.

Source of the flag, variables, paths and ports: kubeflow/katib v0.19.0, cmd/katib-controller and manifests/v1beta1.
"""

from collections.abc import Iterable

import katib_config
import katib_metrics
import katib_network
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, HttpCheck, Program, Workload
from trial_kinds import TRAINER, TRAINING, Kind

FOLDER, CERTIFICATES = "/etc/katib", "/tmp/cert"
PROGRAM = Program(
    "katib-controller", role="controller-role.yaml.j2", writable=(FOLDER, CERTIFICATES), elects="{app}-leader"
)


def trials(extra: Iterable[Kind]) -> dict[str, list[str]]:
    """Return the resources that a trial may be, by API group.

    Args:
        extra: kinds beside Katib's own.
    """
    groups: dict[str, list[str]] = {}
    for kind in (*TRAINING, *TRAINER, *extra):
        groups.setdefault(kind.group, []).append(kind.resource)
    return groups


def workload(*, app: str, namespace: str, kinds: Iterable[str], certificate: Certificate) -> Workload:
    """Return the controller; what of its configuration it asks Kubernetes for does not start it anew.

    Args:
        app: the application.
        namespace: the model's.
        kinds: that a trial can be, as Katib wants them.
        certificate: what its webhooks show the API server.
    """
    file = f"{FOLDER}/{katib_config.KEY}"
    initial = katib_config.initial(
        kinds=kinds,
        lease=PROGRAM.lease(app),
        metrics=katib_network.METRICS,
        health=katib_network.HEALTH,
        webhooks=katib_network.WEBHOOKS,
    )
    return Workload(
        container=PROGRAM.container,
        command=f"/app/katib-controller --katib-config={file}",
        environment=katib_network.environment(namespace),
        files={
            file: File(katib_config.document(init=initial)),
            f"{CERTIFICATES}/tls.crt": File(certificate.certificate),
            f"{CERTIFICATES}/tls.key": File(certificate.key),
        },
        checks={PROGRAM.container: HttpCheck(katib_network.HEALTH, "/readyz")},
        metrics=katib_metrics.METRICS,
    )
