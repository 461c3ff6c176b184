"""How the page's back end is started, which does what users ask if Kubernetes says that they may.

Source of the variables, the port and the path: kubeflow/notebooks v2.0.0-beta.0, workspaces/backend/cmd/main.go.
"""

import workspaces_ports
from kubeflow_charms.parts import HttpCheck, Program, Workload

PROGRAM = Program("workspaces-backend", role="workspaces-backend-role.yaml.j2")
USER_HEADER, GROUPS_HEADER = "kubeflow-userid", "kubeflow-groups"
"""The gateway alone sets both, and takes them from requests that bring them."""


def workload() -> Workload:
    """Return the back end."""
    return Workload(
        container=PROGRAM.container,
        command="/backend",
        environment={
            "GROUPS_HEADER": GROUPS_HEADER,
            "PORT": str(workspaces_ports.BACKEND),
            "PROXY_URL_PREFIX": workspaces_ports.PREFIX,
            "USERID_HEADER": USER_HEADER,
            # By itself it takes a colon off, and so would have one name for two users.
            "USERID_PREFIX": "",
        },
        checks={PROGRAM.container: HttpCheck(workspaces_ports.BACKEND, "/api/v1/healthcheck")},
    )
