"""How the controller of recurring runs is started.

Source of the flags, the variable and the token's path: kubeflow/pipelines 2.17, backend/src/crd/controller.
"""

from api_server import AUDIENCE
from kubeflow_charms.parts import HttpCheck, Metrics, Sandbox, Token, Workload
from pipelines_network import API_GRPC, SCHEDULED_WORKFLOW_METRICS
from pipelines_options import PipelinesOptions

CONTAINER = "scheduled-workflow"
TOKEN = Token("/var/run/secrets/kubeflow/tokens/scheduledworkflow-sa-token", AUDIENCE)


def sandbox(memory: str) -> Sandbox:
    """Return the controller's sandbox."""
    return Sandbox(container=CONTAINER, role="scheduled-workflow-role.yaml.j2", tokens=(TOKEN,), memory=memory)


def workload(options: PipelinesOptions) -> Workload:
    """Return the controller, which speaks to the API of its own pod, and says who it is by its token alone."""
    return Workload(
        container=CONTAINER,
        command=f"/bin/controller --logtostderr=true --namespace= --logLevel={options.log_level} "
        f"--mlPipelineAPIServerName=localhost --mlPipelineServiceGRPCPort={API_GRPC} "
        f"--metricsPort={SCHEDULED_WORKFLOW_METRICS} --clientQPS=10 --clientBurst=20 "
        "--recurringRunResyncIntervalSeconds=30",
        environment={"CRON_SCHEDULE_TIMEZONE": options.timezone},
        checks={CONTAINER: HttpCheck(SCHEDULED_WORKFLOW_METRICS, "/metrics")},
        metrics=Metrics(SCHEDULED_WORKFLOW_METRICS),
    )
