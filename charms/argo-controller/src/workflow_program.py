"""How the workflow controller is started.

Source of the flags, variables and ports: github.com/argoproj/argo-workflows v3.7, cmd/workflow-controller and
docs/environment-variables.md.
"""

from collections.abc import Mapping

from kubeflow_charms.engine.run import fingerprint
from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload
from workflow_settings import METRICS_PORT

HEALTH_PORT = 6060
CALLS, BURST = 50, 75
"""To Kubernetes, in a second; upstream's 20 and 30 let short steps wait for the controller."""
PAUSE = "1s"
"""Between two looks at a workflow whose pods changed; upstream's 10s is most of what a short step takes."""

AWAY = "[A-Z][0-9]{4} .*main[.]go:[0-9]+[]] .*code = Unavailable"
"""The last line of a driver or a launcher of Pipelines while the API is away; what a step says has no such line.

A strategy for transient errors, as Pipelines' workflows have one, tries such steps again. Whatever else fails keeps its
own message, which Argo would put its strategy's in place of.
"""
PROGRAM = Program("workflow-controller", role="controller-role.yaml.j2", elects="workflow-controller")
"""The name of the Lease is fixed."""


def workload(
    *, unit: str, config_map: str, executor_image: str, settings: Mapping[str, str], proxy: Mapping[str, str]
) -> Workload:
    """Return the controller.

    Args:
        unit: by which the units agree on one that works.
        config_map: its configuration's name.
        executor_image: what accompanies each step.
        settings: the configuration itself: limits are read only when the program starts.
        proxy: the variables of the way out of the cluster.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/workflow-controller --configmap={config_map} --executor-image={executor_image} "
        f"--executor-image-pull-policy=IfNotPresent --qps={CALLS} --burst={BURST}",
        environment={
            "LEADER_ELECTION_IDENTITY": unit.replace("/", "-"),
            "DEFAULT_REQUEUE_TIME": PAUSE,
            "TRANSIENT_ERROR_PATTERN": AWAY,
            "CONFIGURATION_DIGEST": fingerprint(dict(settings)),
            **proxy,
        },
        checks={PROGRAM.container: HttpCheck(HEALTH_PORT, "/healthz")},
        metrics=Metrics(METRICS_PORT),
    )
