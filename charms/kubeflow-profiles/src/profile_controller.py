"""How Kubeflow's profile controller is started.

Source of the flags, variables and paths: kubeflow/dashboard, components/profile-controller, v2.0. Several units need
no leader: the controller brings each profile to what its inputs alone determine, and all units have the same.
"""

import json
from collections.abc import Mapping

from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Workload
from profile_principals import USER_HEADER, Principals

HEALTH_PORT = 9876
FOLDER = "/etc/profile-controller"
LABELS = f"{FOLDER}/namespace-labels.yaml"
PROGRAM = Program("profile-controller", role="profile-controller-role.yaml.j2", writable=(FOLDER,))


def workload(*, labels: Mapping[str, str], principals: Principals, metrics_port: int) -> Workload:
    """Return the controller.

    Args:
        labels: of every profile's namespace; an empty value takes one away.
        principals: whom the profiles' policies let in.
        metrics_port: where it shows metrics.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager -userid-header {USER_HEADER} -userid-prefix= -metrics-bind-address=:{metrics_port} "
        f"-health-probe-bind-address=:{HEALTH_PORT} -leader-elect=false -namespace-labels-path={LABELS}",
        environment={
            "ISTIO_INGRESS_GATEWAY_PRINCIPAL": principals.gateway,
            "KFP_UI_PRINCIPAL": principals.pipelines,
            "NOTEBOOK_CONTROLLER_PRINCIPAL": principals.notebooks,
        },
        # JSON is YAML.
        files={LABELS: File(json.dumps(dict(sorted(labels.items())), indent=1))},
        checks={PROGRAM.container: HttpCheck(HEALTH_PORT, "/healthz", liveness=True)},
        metrics=Metrics(metrics_port),
    )
