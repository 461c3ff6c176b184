"""`oidc-client`: an application asks the OpenID Connect issuer to be its client.

Format: serialized-data-interface v1, as oidc-gatekeeper publishes it: the client's secret in plain text. An issuer
that can read Juju secrets says so with `secrets: true` beside its versions; then `secret` is a secret's identifier,
granted to the relation, whose key is `secret`.
"""

import dataclasses
from collections.abc import Callable

import msgspec

from ..codecs import Databag, Versioned
from ..endpoints import Interface


class Client(msgspec.Struct, frozen=True, kw_only=True, rename={"redirect_uris": "redirectURIs"}):
    """A client of the issuer.

    Attributes:
        id: names the client.
        name: shown to users.
        redirect_uris: where the issuer may send users back to; a path alone is taken on any host.
        secret: the password that client and issuer share, or a Juju secret's identifier.
    """

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    secret: str


class Issuer(msgspec.Struct, frozen=True):
    """What the issuer says of itself.

    Attributes:
        secrets: it reads Juju secrets.
    """

    secrets: bool = False


@dataclasses.dataclass(frozen=True)
class IssuerCodec:
    """The issuer's side: the versions it speaks, and whether it reads Juju secrets."""

    def decode(self, databag: Databag) -> Issuer | None:
        """Return what the issuer can do; None until it wrote its versions."""
        if "_supported_versions" not in databag:
            return None
        return Issuer(databag.get("secrets") == "true")

    def encode(self, data: Issuer | None, remote: Databag) -> dict[str, str]:
        """Return versions and abilities."""
        return {"_supported_versions": '["v1"]', **({"secrets": "true"} if data and data.secrets else {})}


OIDC_CLIENT = Interface("oidc-client", provider=Versioned(Client), requirer=IssuerCodec())


def resolve(client: Client, read: Callable[[str], dict[str, str]]) -> Client:
    """Return the client with its secret in plain text.

    Args:
        client: as received.
        read: returns the content of a Juju secret by its identifier.
    """
    if not client.secret.startswith("secret:"):
        return client
    return msgspec.structs.replace(client, secret=read(client.secret)["secret"])
