"""How KFAM, Kubeflow's access management API, is started.

Source of the flags, variables and port: kubeflow/kubeflow, components/access-management, v1.10; the port is fixed.
"""

import shlex

from kubeflow_charms.parts import HttpCheck, Metrics, Sandbox, Workload
from profile_principals import USER_HEADER, Principals

CONTAINER = "kfam"
PORT = 8081
NOBODY = " nobody"
"""A user whom no request can name: Go's server takes the blanks off both ends of a header's value.

Source: KFAM compares the flag's whole value with the header's, or with "" where there is none, so that without the
flag whoever sends no header may do everything (kfam/api_default.go); net/textproto trims.
"""


def sandbox(memory: str) -> Sandbox:
    """Return KFAM's sandbox."""
    return Sandbox(container=CONTAINER, role="kfam-role.yaml.j2", memory=memory)


def workload(*, principals: Principals, cluster_admin: str) -> Workload:
    """Return KFAM.

    Args:
        principals: whom the policies of contributors let in.
        cluster_admin: the user who may manage all profiles; empty for nobody.
    """
    admin = shlex.quote(f"-cluster-admin={cluster_admin or NOBODY}")
    return Workload(
        container=CONTAINER,
        command=f"/access-management {admin} -userid-header {USER_HEADER} -userid-prefix=",
        environment={
            "ISTIO_INGRESS_GATEWAY_PRINCIPAL": principals.gateway,
            "KFP_UI_PRINCIPAL": principals.pipelines,
        },
        checks={CONTAINER: HttpCheck(PORT, "/metrics")},
        metrics=Metrics(PORT),
    )
