"""How the persistence agent is started, which tells the API what workflows do.

Source of the flags and of the token's path: kubeflow/pipelines 2.17, backend/src/agent/persistence.
"""

from api_server import AUDIENCE
from kubeflow_charms.parts import Program, Token, Workload
from pipelines_network import API_GRPC, API_HTTP
from pipelines_options import PipelinesOptions

TOKEN = Token("/var/run/secrets/kubeflow/tokens/persistenceagent-sa-token", AUDIENCE)
PROGRAM = Program("persistence-agent", role="persistence-agent-role.yaml.j2", tokens=(TOKEN,), leader_only=True)


def workload(options: PipelinesOptions) -> Workload:
    """Return the agent, which speaks to the API of its own pod."""
    return Workload(
        container=PROGRAM.container,
        command="/bin/persistence_agent --logtostderr=true --namespace= "
        f"--ttlSecondsAfterWorkflowFinish={options.workflow_ttl_seconds} --numWorker=2 --executionType=Workflow "
        f"--mlPipelineAPIServerName=localhost --mlPipelineServiceHttpPort={API_HTTP} "
        f"--mlPipelineServiceGRPCPort={API_GRPC} --logLevel={options.log_level}",
    )
