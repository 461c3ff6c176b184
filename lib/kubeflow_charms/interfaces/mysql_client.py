"""`mysql_client`: an application asks a MySQL server for a database of its own.

Format: see `database_client`. A client needs three lines:

    database = Requires("relational-db", mysql_client.MYSQL_CLIENT)

    yield self.database.send(mysql_client.Request(database="mlpipeline"))
    login = self.database.one(lambda said: said.login(self.secrets.granted))  # host, port, database, username, password
"""

from collections.abc import Callable

from ..relations.endpoints import Interface
from . import database_client
from .wire import Login

PORT = 3306
SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")


class Request(database_client.Request, frozen=True, kw_only=True, rename="kebab"):
    """What a client asks for, see `database_client`."""

    def __post_init__(self) -> None:
        """Refuse the server's own databases."""
        if self.database.lower() in SYSTEM:
            raise ValueError(f"the database {self.database} is MySQL's own, expected another name")


class Database(database_client.Database, frozen=True, kw_only=True, rename="kebab"):
    """What the server answers, see `database_client`."""

    def login(self, read: Callable[[str], dict[str, str]]) -> Login:
        """Return the first endpoint with its login in plain text.

        Args:
            read: returns the content of a Juju secret by its identifier.

        Raises:
            ValueError: the secret lacks a part of the login.
        """
        return self.first(read, PORT)


MYSQL_CLIENT = Interface(
    "mysql_client",
    provider=database_client.DatabaseCodec(Database),
    requirer=database_client.RequestCodec(Request),
)

__all__ = ["MYSQL_CLIENT", "PORT", "Database", "Login", "Request"]
