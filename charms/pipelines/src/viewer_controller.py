"""How the viewer controller is started, which runs the TensorBoards that the pages ask for.

Source of the flags: kubeflow/pipelines 2.17, backend/src/crd/controller/viewer.
"""

from kubeflow_charms.parts import HttpCheck, Metrics, Sandbox, Workload
from pipelines_network import VIEWER_METRICS

CONTAINER = "viewer-controller"


def sandbox(memory: str) -> Sandbox:
    """Return the controller's sandbox."""
    return Sandbox(container=CONTAINER, role="viewer-controller-role.yaml.j2", memory=memory)


def workload(max_viewers: int) -> Workload:
    """Return the controller.

    Args:
        max_viewers: that a namespace may have.
    """
    return Workload(
        container=CONTAINER,
        command=f"/bin/controller -logtostderr=true -max_num_viewers={max_viewers} --namespace=",
        checks={CONTAINER: HttpCheck(VIEWER_METRICS, "/metrics")},
        metrics=Metrics(VIEWER_METRICS),
    )
