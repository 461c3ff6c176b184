"""How the controller of Notebooks is started.

Source of the flags and variables: kubeflow/notebooks v1.11, components/notebook-controller.
"""

from kubeflow_charms.networking import network
from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload
from notebooks_options import NotebooksOptions

METRICS_PORT, HEALTH_PORT = 8080, 8081
PROGRAM = Program("notebook-controller", role="notebook-controller-role.yaml.j2")


def workload(options: NotebooksOptions, *, namespace: str, gateway: str, culling: bool) -> Workload:
    """Return the controller.

    Args:
        options: of the charm.
        namespace: of the model, where units elect the one that works.
        gateway: the Istio Gateway of servers' routes, `<namespace>/<name>`.
        culling: whether idle servers are stopped.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/manager -metrics-addr=:{METRICS_PORT} -probe-addr=:{HEALTH_PORT} -enable-leader-election "
        f"-leader-election-namespace={namespace}",
        environment={
            "CLUSTER_DOMAIN": options.cluster_domain or network.cluster_domain(),
            "CULL_IDLE_TIME": str(options.cull_idle_time),
            "ENABLE_CULLING": "true" if culling else "false",
            "IDLENESS_CHECK_PERIOD": str(options.idleness_check_period),
            "ISTIO_GATEWAY": gateway,
            "ISTIO_HOST": "*",
            "USE_ISTIO": "true",
        },
        checks={PROGRAM.container: HttpCheck(HEALTH_PORT, "/healthz", liveness=True)},
        metrics=Metrics(METRICS_PORT),
    )
