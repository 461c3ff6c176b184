"""How the database manager is started, which keeps the numbers that trials print.

Source of the flags and variables: kubeflow/katib v0.19.0, cmd/db-manager and pkg/db. It takes the login from variables
alone, so a shell reads them from a file on the way.
"""

import shlex

from katib_network import DATABASE_MANAGER
from kubeflow_charms import network
from kubeflow_charms.interfaces.mysql_client import Login
from kubeflow_charms.parts import File, Sandbox, TcpCheck, Workload

CONTAINER = "katib-db-manager"
DATABASE = "katib"
FOLDER = "/etc/katib-db-manager"
LOGIN = f"{FOLDER}/login"


def sandbox(memory: str) -> Sandbox:
    """Return the manager's sandbox."""
    return Sandbox(container=CONTAINER, writable=(FOLDER,), memory=memory)


def workload(database: Login, timeout: str) -> Workload:
    """Return the manager.

    It listens once the database has answered and its table is there, and finds a database that was away by itself.

    Args:
        database: where the numbers are kept.
        timeout: how long it waits for the database before it is started again.
    """
    login = {
        "DB_NAME": "mysql",
        "DB_USER": database.username,
        "DB_PASSWORD": database.password,
        "KATIB_MYSQL_DB_HOST": network.in_url(database.host),
        "KATIB_MYSQL_DB_PORT": str(database.port),
        "KATIB_MYSQL_DB_DATABASE": database.database or DATABASE,
    }
    address = f"{network.in_url(network.anywhere())}:{DATABASE_MANAGER}"
    return Workload(
        container=CONTAINER,
        command=f"/bin/sh -c '. {LOGIN} && exec /app/katib-db-manager --listen-address={address} "
        f"--connect-timeout={timeout}'",
        files={LOGIN: File("".join(f"export {name}={shlex.quote(value)}\n" for name, value in login.items()))},
        checks={CONTAINER: TcpCheck(DATABASE_MANAGER)},
    )
