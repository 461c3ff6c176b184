"""`oidc-client`: an application asks the OpenID Connect issuer to be its client.

Format: serialized-data-interface v1, as oidc-gatekeeper publishes it: the client's secret in plain text. An issuer
that can read Juju secrets says so with `secrets: true` beside its versions; then `secret` is a secret's identifier,
granted to the relation, whose key is `secret`.
"""

from collections.abc import Callable

import msgspec

from ..relations.codecs import Versioned
from ..relations.endpoints import Interface
from .secret_readers import Reader as Issuer
from .secret_readers import ReaderCodec
from .wire import field


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


OIDC_CLIENT = Interface("oidc-client", provider=Versioned(Client), requirer=ReaderCodec())


def resolve(client: Client, read: Callable[[str], dict[str, str]]) -> Client:
    """Return the client with its secret in plain text.

    Args:
        client: as received.
        read: returns the content of a Juju secret by its identifier.

    Raises:
        ValueError: the secret lacks the password.
    """
    if not client.secret.startswith("secret:"):
        return client
    return msgspec.structs.replace(client, secret=field(read(client.secret), "secret"))


__all__ = ["OIDC_CLIENT", "Client", "Issuer", "resolve"]
