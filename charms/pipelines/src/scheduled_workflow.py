"""How the controller of recurring runs is started.

Source of the flags, the variable and the token's path: kubeflow/pipelines 2.17, backend/src/crd/controller.
"""

from api_server import AUDIENCE
from kubeflow_charms.parts import HttpCheck, Metrics, Program, Token, Workload
from pipelines_network import API_GRPC, SCHEDULED_WORKFLOW_METRICS
from pipelines_options import PipelinesOptions

TOKEN = Token("/var/run/secrets/kubeflow/tokens/scheduledworkflow-sa-token", AUDIENCE)
PROGRAM = Program("scheduled-workflow", role="scheduled-workflow-role.yaml.j2", tokens=(TOKEN,), leader_only=True)


def workload(options: PipelinesOptions) -> Workload:
    """Return the controller, which speaks to the API of its own pod, and says who it is by its token alone."""
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/controller --logtostderr=true --namespace= --logLevel={options.log_level} "
        f"--mlPipelineAPIServerName=localhost --mlPipelineServiceGRPCPort={API_GRPC} "
        f"--metricsPort={SCHEDULED_WORKFLOW_METRICS} --clientQPS=10 --clientBurst=20 "
        "--recurringRunResyncIntervalSeconds=30",
        environment={"CRON_SCHEDULE_TIMEZONE": options.timezone},
        checks={PROGRAM.container: HttpCheck(SCHEDULED_WORKFLOW_METRICS, "/metrics")},
        metrics=Metrics(SCHEDULED_WORKFLOW_METRICS),
    )
