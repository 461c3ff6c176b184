"""How the controller of Tensorboards is started.

Source of the flags and variables: kubeflow/notebooks v1.11, components/tensorboard-controller.
"""

from kubeflow_charms.parts import HttpCheck, Metrics, Sandbox, Workload

CONTAINER = "tensorboard-controller"
METRICS_PORT, HEALTH_PORT = 8084, 8085


def sandbox(memory: str) -> Sandbox:
    """Return the controller's sandbox."""
    return Sandbox(container=CONTAINER, role="tensorboard-controller-role.yaml.j2", memory=memory)


def workload(*, gateway: str, image: str, follow_volumes: bool) -> Workload:
    """Return the controller.

    Args:
        gateway: the Istio Gateway of TensorBoards' routes, `<namespace>/<name>`.
        image: of TensorBoards.
        follow_volumes: whether one runs where the volume of its logs is mounted already.
    """
    return Workload(
        container=CONTAINER,
        command=f"/manager -metrics-bind-address=:{METRICS_PORT} -health-probe-bind-address=:{HEALTH_PORT} "
        "-leader-elect",
        environment={
            "ISTIO_GATEWAY": gateway,
            "ISTIO_HOST": "*",
            "RWO_PVC_SCHEDULING": "true" if follow_volumes else "false",
            "TENSORBOARD_IMAGE": image,
        },
        checks={CONTAINER: HttpCheck(HEALTH_PORT, "/healthz")},
        metrics=Metrics(METRICS_PORT),
    )
