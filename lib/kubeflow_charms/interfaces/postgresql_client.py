"""`postgresql_client`: an application asks a PostgreSQL server for a database of its own.

Format: see `database_client`, and whether the server speaks TLS: in plain keys, or in a Juju secret, `secret-tls`, for
clients that read secrets. A client needs three lines:

    database = Requires("relational-db", postgresql_client.POSTGRESQL_CLIENT)

    yield self.database.send(postgresql_client.Request(database="katib"))
    login = self.database.one(lambda said: said.login(self.secrets.granted))
"""

import dataclasses
from collections.abc import Callable

from ..relations.endpoints import Interface
from . import database_client, wire

PORT = 5432
SYSTEM = ("postgres", "template0", "template1")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Login(wire.Login):
    """All that a client of PostgreSQL needs.

    Attributes:
        secure: whether the server takes connections with TLS alone.
        authority: who signs its certificate, as PEM; empty if it does not say.
    """

    secure: bool = False
    authority: str = ""


class Request(database_client.Request, frozen=True, kw_only=True, rename="kebab"):
    """What a client asks for, see `database_client`."""

    def __post_init__(self) -> None:
        """Refuse the server's own databases."""
        if self.database.lower() in SYSTEM:
            raise ValueError(f"the database {self.database} is PostgreSQL's own, expected another name")


class Database(database_client.Database, frozen=True, kw_only=True, rename="kebab"):
    """What the server answers, see `database_client`, and whether it speaks TLS.

    Attributes:
        secret_tls: identifier of the Juju secret with `tls` and `tls-ca`.
        tls, tls_ca: the same in plain text, if there is no secret: True or False, and the authority's certificate.
    """

    secret_tls: str = ""
    tls: str = ""
    tls_ca: str = ""

    def login(self, read: Callable[[str], dict[str, str]]) -> Login:
        """Return the first endpoint with its login in plain text.

        Args:
            read: returns the content of a Juju secret by its identifier.

        Raises:
            ValueError: the secret lacks a part of the login.
        """
        tls = read(self.secret_tls) if self.secret_tls else {"tls": self.tls, "tls-ca": self.tls_ca}
        return Login(
            **dataclasses.asdict(self.first(read, PORT)),
            secure=tls.get("tls", "").lower() == "true",
            authority=tls.get("tls-ca", ""),
        )


POSTGRESQL_CLIENT = Interface(
    "postgresql_client",
    provider=database_client.DatabaseCodec(Database),
    requirer=database_client.RequestCodec(Request),
)
