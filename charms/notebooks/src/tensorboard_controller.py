"""How the controller of Tensorboards is started.

Source of the flags and variables: kubeflow/notebooks v1.11, components/tensorboard-controller.
"""

from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload

METRICS_PORT, HEALTH_PORT = 8084, 8085
PROGRAM = Program("tensorboard-controller", role="tensorboard-controller-role.yaml.j2")


def workload(*, gateway: str, image: str, follow_volumes: bool) -> Workload:
    """Return the controller.

    Args:
        gateway: the Istio Gateway of TensorBoards' routes, `<namespace>/<name>`.
        image: of TensorBoards.
        follow_volumes: whether one runs where the volume of its logs is mounted already.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager -metrics-bind-address=:{METRICS_PORT} -health-probe-bind-address=:{HEALTH_PORT} "
        "-leader-elect",
        environment={
            "ISTIO_GATEWAY": gateway,
            "ISTIO_HOST": "*",
            "RWO_PVC_SCHEDULING": "true" if follow_volumes else "false",
            "TENSORBOARD_IMAGE": image,
        },
        checks={PROGRAM.container: HttpCheck(HEALTH_PORT, "/healthz", liveness=True)},
        metrics=Metrics(METRICS_PORT),
    )
