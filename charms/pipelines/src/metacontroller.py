"""How Metacontroller is started, which makes in each profile's namespace what the program profile-sync says.

Source of the flags: metacontroller 4.11, pkg/cmd/metacontroller.
"""

from kubeflow_charms.parts import HttpCheck, Metrics, Sandbox, Workload
from pipelines_network import METACONTROLLER_HEALTH, METACONTROLLER_METRICS

CONTAINER = "metacontroller"
LABEL = "pipelines.kubeflow.org/controlled-by"
"""Of what it obeys: whoever else may make a DecoratorController gets nothing done by this one's rights."""


def sandbox(memory: str) -> Sandbox:
    """Return Metacontroller's sandbox."""
    return Sandbox(container=CONTAINER, role="metacontroller-role.yaml.j2", memory=memory)


def workload(*, app: str, namespace: str) -> Workload:
    """Return Metacontroller.

    Args:
        app: the application.
        namespace: the model's.
    """
    return Workload(
        container=CONTAINER,
        command="/usr/bin/metacontroller --zap-log-level=2 --discovery-interval=3600s "
        f"--metrics-address=:{METACONTROLLER_METRICS} --health-probe-bind-address=:{METACONTROLLER_HEALTH} "
        f"--target-label-selector={LABEL}={namespace}.{app}",
        checks={CONTAINER: HttpCheck(METACONTROLLER_HEALTH, "/healthz")},
        metrics=Metrics(METACONTROLLER_METRICS),
    )
