"""`mysql_client`: an application asks a MySQL server for a database of its own.

Format: plain keys, as the library `data_interfaces` v0 of mysql-k8s and its clients writes them. Username and password
are in a Juju secret, `secret-user`, for clients that ask for that in `requested-secrets`, as all of the last years do;
others get them in plain text. That library's own scratch, the key `data`, is passed over. A client needs three lines:

    database = Requires("relational-db", mysql_client.MYSQL_CLIENT)

    yield self.database.send(mysql_client.Request(database="mlpipeline"))
    login = self.database.one(lambda said: said.login(self.secrets.granted))  # host, port, database, username, password
"""

import dataclasses
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from ..relations.codecs import Databag, Flat
from ..relations.endpoints import Interface
from .wire import field

PORT = 3306
SECRETS = ("username", "password", "tls", "tls-ca", "uris")
SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Login:
    """All that a client of MySQL needs."""

    host: str
    port: int
    database: str
    username: str
    password: str = dataclasses.field(repr=False)


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a client asks for.

    Attributes:
        database: its name: letters, digits, `_`, `$` and, but for the first, `-`: it is an argument of programs.
        extra_user_roles: rights beyond the database, which a server may refuse.
        requested_secrets: what it wants to read from a Juju secret; nothing from a client that cannot.
    """

    database: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_$][0-9A-Za-z_$-]{0,63}$")]
    extra_user_roles: str = ""
    requested_secrets: tuple[str, ...] = SECRETS

    def __post_init__(self) -> None:
        """Refuse the server's own databases."""
        if self.database.lower() in SYSTEM:
            raise ValueError(f"the database {self.database} is MySQL's own, expected another name")


class Database(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What the server answers.

    Attributes:
        endpoints: host and port of the server, separated by commas if there are several.
        database: the database's name; empty for the one that was asked for.
        read_only_endpoints: the same for servers that are only read from.
        version: the server's.
        secret_user: identifier of the Juju secret with `username` and `password`.
        username, password: the login in plain text, if there is no secret.
    """

    endpoints: Annotated[str, Meta(pattern=r"^[^\s,:]+(:[0-9]+)?(,[^\s,:]+(:[0-9]+)?)*$")]
    database: str = ""
    read_only_endpoints: str = ""
    version: str = ""
    secret_user: str = ""
    username: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        """Refuse a port that is none."""
        ports = [port for _, _, port in (place.partition(":") for place in self.endpoints.split(","))]
        if any(port and not 1 <= int(port) <= 65535 for port in ports):
            raise ValueError(f"{self.endpoints} has a port beyond 65535")

    def login(self, read: Callable[[str], dict[str, str]], port: int = PORT) -> Login:
        """Return the first endpoint with its login in plain text.

        Args:
            read: returns the content of a Juju secret by its identifier.
            port: of an endpoint that names none.

        Raises:
            ValueError: the secret lacks a part of the login.
        """
        login = read(self.secret_user) if self.secret_user else {"username": self.username, "password": self.password}
        host, _, told = self.endpoints.split(",")[0].partition(":")
        return Login(
            host=host.rstrip("."),  # mysql-k8s ends its names with a dot, which not every client understands
            port=int(told or port),
            database=self.database,
            username=field(login, "username"),
            password=field(login, "password"),
        )


class RequestCodec(Flat[Request]):
    """The client's side."""

    def decode(self, databag: Databag) -> Request | None:
        """Return what it asks for; None until it names a database."""
        return super().decode({"requested-secrets": "[]", **databag})


class DatabaseCodec(Flat[Database]):
    """The server's side."""

    def decode(self, databag: Databag) -> Database | None:
        """Return the database; None until there is a login."""
        plain = databag.get("username") and databag.get("password")
        return super().decode(databag) if plain or databag.get("secret-user") else None


MYSQL_CLIENT = Interface("mysql_client", provider=DatabaseCodec(Database), requirer=RequestCodec(Request))
