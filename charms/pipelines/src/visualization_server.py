"""How the visualisation server is started: the one for requests that name no user's namespace.

Source of the command, the variable and the port: kubeflow/pipelines 2.15, backend/src/apiserver/visualization.
"""

from kubeflow_charms.parts import HttpCheck, Sandbox, Workload
from pipelines_network import VISUALIZATION

CONTAINER = "visualization"


def sandbox(memory: str) -> Sandbox:
    """Return the server's sandbox."""
    return Sandbox(container=CONTAINER, memory=memory)


def workload() -> Workload:
    """Return the server."""
    return Workload(
        container=CONTAINER,
        command="python3 server.py",
        # Notebooks' kernels keep files below the home directory.
        environment={"HOME": "/tmp", "KERNEL_TIMEOUT": "100"},
        folder="/src",
        checks={CONTAINER: HttpCheck(VISUALIZATION)},
    )
