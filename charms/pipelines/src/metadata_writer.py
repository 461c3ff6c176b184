"""How the metadata writer is started: it writes down artefacts of pipelines that version 1 of the SDK compiled.

Source of the command and variables: kubeflow/pipelines 2.17, backend/metadata_writer.
"""

from kubeflow_charms.networking import network
from kubeflow_charms.parts import Program, Workload

PROGRAM = Program("metadata-writer", role="metadata-writer-role.yaml.j2", leader_only=True)


def workload(namespace: str) -> Workload:
    """Return the writer, which watches all namespaces.

    Args:
        namespace: of the metadata's Service.
    """
    return Workload(
        container=PROGRAM.container,
        command="python3 -u /kfp/metadata_writer/metadata_writer.py",
        environment={
            "NAMESPACE_TO_WATCH": "",
            "POD_NAMESPACE": namespace,
            "CLUSTER_DOMAIN": f".svc.{network.cluster_domain()}",
        },
    )
