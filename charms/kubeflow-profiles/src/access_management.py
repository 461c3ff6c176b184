"""How KFAM, Kubeflow's access management API, is started.

Source of the flags, variables and port: kubeflow/dashboard, components/access-management, v2.0; the port is fixed. A
request that names no user is nobody's, and an empty list of administrators has nobody in it (kfam/api_default.go).
"""

import shlex
from collections.abc import Iterable

from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload
from profile_principals import USER_HEADER, Principals

PORT = 8081
PROGRAM = Program("kfam", role="kfam-role.yaml.j2")


def workload(*, principals: Principals, cluster_admins: Iterable[str]) -> Workload:
    """Return KFAM.

    Args:
        principals: whom the policies of contributors let in.
        cluster_admins: the users who may manage all profiles.
    """
    admin = shlex.quote(f"-cluster-admin={','.join(cluster_admins)}")
    return Workload(
        container=PROGRAM.container,
        command=f"/access-management {admin} -userid-header {USER_HEADER} -userid-prefix=",
        environment={
            "ISTIO_INGRESS_GATEWAY_PRINCIPAL": principals.gateway,
            "KFP_UI_PRINCIPAL": principals.pipelines,
        },
        checks={PROGRAM.container: HttpCheck(PORT, "/metrics")},
        metrics=Metrics(PORT),
    )
