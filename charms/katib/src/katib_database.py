"""The database that keeps the numbers of trials: MySQL or PostgreSQL, and how the manager is told of it.

Source of the variables: kubeflow/katib v0.19.0, pkg/db/v1beta1. What it knows of PostgreSQL it puts into one line of
words NAME=VALUE, in which a value with spaces or quotes stands in quotes (lib/pq).
"""

from kubeflow_charms.engine.problems import Blocked
from kubeflow_charms.interfaces import mysql_client, postgresql_client
from kubeflow_charms.networking import network
from kubeflow_charms.relations.endpoints import BoundEndpoint
from kubeflow_charms.relations.secrets import Secrets

NAME = "katib"
Login = mysql_client.Login | postgresql_client.Login


def related(mysql: BoundEndpoint, postgresql: BoundEndpoint, secrets: Secrets) -> Login:
    """Return the login of the database that one of two endpoints is related to.

    Args:
        mysql: of the interface `mysql_client`; say `mysql_client.Request` on it.
        postgresql: of the interface `postgresql_client`; say `postgresql_client.Request` on it.
        secrets: of the application.

    Raises:
        Blocked: both are related, or none.
        Waiting: the server says nothing yet, or its secret is not granted yet.
    """
    application = mysql.model.app.name
    if mysql.relations and postgresql.relations:
        raise Blocked(
            f"relations {mysql.name} and {postgresql.name} both name a database, run: "
            f"juju remove-relation {application}:{postgresql.name} {postgresql.relations[0].app.name}"
        )
    if not mysql.relations and not postgresql.relations:
        raise Blocked(f"needs a database, run: juju integrate {application}:{mysql.name} mysql:database")
    return (mysql if mysql.relations else postgresql).one(lambda said: said.login(secrets.granted))


def authority(login: Login) -> str:
    """Return who signs the server's certificate, as PEM; empty where nobody says."""
    return login.authority if isinstance(login, postgresql_client.Login) and login.secure else ""


def variables(login: Login, authority_file: str) -> dict[str, str]:
    """Return the variables by which the manager finds the database.

    Args:
        login: of the database.
        authority_file: where the manager finds what `authority` returns.
    """
    host, port, database = network.in_url(login.host), str(login.port), login.database or NAME
    if not isinstance(login, postgresql_client.Login):
        return {
            "DB_NAME": "mysql",
            "DB_USER": login.username,
            "DB_PASSWORD": login.password,
            "KATIB_MYSQL_DB_HOST": host,
            "KATIB_MYSQL_DB_PORT": port,
            "KATIB_MYSQL_DB_DATABASE": database,
        }
    return {
        "DB_NAME": "postgres",
        "DB_USER": _quoted(login.username),
        "DB_PASSWORD": _quoted(login.password),
        "KATIB_POSTGRESQL_DB_HOST": login.host,
        "KATIB_POSTGRESQL_DB_PORT": port,
        "KATIB_POSTGRESQL_DB_DATABASE": _quoted(database),
        "KATIB_POSTGRESQL_SSL_MODE": _protection(login, authority_file),
    }


def _protection(login: postgresql_client.Login, authority_file: str) -> str:
    if not login.secure:
        return "disable"
    # The program knows no variable for the authority: it goes into the line of words behind the mode.
    return f"verify-ca sslrootcert={authority_file}" if login.authority else "require"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
