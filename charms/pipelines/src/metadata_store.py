"""How the server of ML Metadata is started, which remembers what each step made of what.

Source of the flags and of the configuration's fields: google/ml-metadata 1.14, metadata_store_server_main.cc and
metadata_store.proto; and Kubeflow's manifests, release 2.17.
"""

import json

from kubeflow_charms.interfaces.mysql_client import Login
from kubeflow_charms.parts import File, Program, TcpCheck, Workload
from pipelines_network import METADATA

DATABASE = "metadb"
SERVICE = "metadata-grpc-service"
SERVICE_PORT = 8080
"""Name and port that drivers, launchers and the metadata writer know."""
FOLDER = "/etc/metadata-store"
LARGEST = 100 * 1024 * 1024
"""Bytes of a message; upstream's since 2.16."""
PROGRAM = Program("metadata-store", writable=(FOLDER,))


def workload(database: Login) -> Workload:
    """Return the server.

    Args:
        database: where it keeps what it is told.
    """
    path = f"{FOLDER}/server.pbtxt"
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/metadata_store_server --grpc_port={METADATA} --metadata_store_server_config_file={path} "
        f"--enable_database_upgrade=true --grpc_channel_arguments=grpc.max_metadata_size=16384,"
        f"grpc.max_receive_message_length={LARGEST},grpc.max_send_message_length={LARGEST}",
        files={path: File(configuration(database))},
        checks={PROGRAM.container: TcpCheck(METADATA)},
    )


def configuration(database: Login) -> str:
    """Return the server's configuration in Protocol Buffers' text format, whose strings are quoted as JSON's are."""
    fields = {
        "host": json.dumps(database.host),
        "port": str(database.port),
        "database": json.dumps(database.database or DATABASE),
        "user": json.dumps(database.username),
        "password": json.dumps(database.password),
    }
    lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    return f"connection_config {{\n  mysql {{\n{lines}  }}\n}}\n"
