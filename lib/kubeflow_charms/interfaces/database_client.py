"""What `mysql_client` and `postgresql_client` have in common: an application asks a server for a database of its own.

Format: plain keys, as the library `data_interfaces` v0 of the servers and their clients writes them. Username and
password are in a Juju secret, `secret-user`, for clients that ask for that in `requested-secrets`, as all of the last
years do; others get them in plain text. That library's own scratch, the key `data`, is passed over.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from ..relations.codecs import Databag, Flat
from .wire import Login, field

SECRETS = ("username", "password", "tls", "tls-ca", "uris")


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

    def first(self, read: Callable[[str], dict[str, str]], port: int) -> Login:
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


Asked = TypeVar("Asked", bound=Request)
Answered = TypeVar("Answered", bound=Database)


class RequestCodec(Flat[Asked]):
    """The client's side."""

    def decode(self, databag: Databag) -> Asked | None:
        """Return what it asks for; None until it names a database."""
        return super().decode({"requested-secrets": "[]", **databag})


class DatabaseCodec(Flat[Answered]):
    """The server's side."""

    def decode(self, databag: Databag) -> Answered | None:
        """Return the database; None until there is a login."""
        plain = databag.get("username") and databag.get("password")
        return super().decode(databag) if plain or databag.get("secret-user") else None
