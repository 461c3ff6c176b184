"""How the viewer controller is started, which runs the TensorBoards that the pages ask for.

Source of the flags: kubeflow/pipelines 2.17, backend/src/crd/controller/viewer.
"""

from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload
from pipelines_network import VIEWER_METRICS

PROGRAM = Program("viewer-controller", role="viewer-controller-role.yaml.j2", leader_only=True)


def workload(max_viewers: int) -> Workload:
    """Return the controller.

    Args:
        max_viewers: that a namespace may have.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/controller -logtostderr=true -max_num_viewers={max_viewers} --namespace=",
        checks={PROGRAM.container: HttpCheck(VIEWER_METRICS, "/metrics")},
        metrics=Metrics(VIEWER_METRICS),
    )
