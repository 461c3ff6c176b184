"""How the database manager is started, which keeps the numbers that trials print.

Source of the flags and variables: kubeflow/katib v0.19.0, cmd/db-manager and pkg/db. It takes the login from variables
alone, so a shell reads them from a file on the way.
"""

import shlex

import katib_database
from katib_database import Login
from katib_network import DATABASE_MANAGER
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, Program, TcpCheck, Workload

FOLDER = "/etc/katib-db-manager"
LOGIN, AUTHORITY = f"{FOLDER}/login", f"{FOLDER}/database-ca.crt"
PROGRAM = Program("katib-db-manager", writable=(FOLDER,))


def workload(database: Login, timeout: str) -> Workload:
    """Return the manager.

    It listens once the database has answered and its table is there, and finds a database that was away by itself.

    Args:
        database: where the numbers are kept.
        timeout: how long it waits for the database before it is started again.
    """
    login = katib_database.variables(database, AUTHORITY)
    authority = katib_database.authority(database)
    address = f"{network.in_url(network.anywhere())}:{DATABASE_MANAGER}"
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/sh -c '. {LOGIN} && exec /app/katib-db-manager --listen-address={address} "
        f"--connect-timeout={timeout}'",
        files={
            LOGIN: File("".join(f"export {name}={shlex.quote(value)}\n" for name, value in login.items())),
            **({AUTHORITY: File(authority)} if authority else {}),
        },
        checks={PROGRAM.container: TcpCheck(DATABASE_MANAGER)},
    )
