"""How the page is served: files of the image, by nginx, with the image's own configuration.

Source of command, folders, port and path: Dockerfile and nginx.conf of kubeflow/notebooks v2.0.0-beta.0,
workspaces/frontend.
"""

import workspaces_ports
from kubeflow_charms.parts import HttpCheck, Program, Workload

PROGRAM = Program("workspaces-frontend", writable=("/tmp", "/var/cache/nginx"))


def workload() -> Workload:
    """Return the page."""
    return Workload(
        container=PROGRAM.container,
        command='nginx -g "daemon off;"',
        checks={PROGRAM.container: HttpCheck(workspaces_ports.FRONTEND, "/health")},
    )
