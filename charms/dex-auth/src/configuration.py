"""Dex's configuration file, from typed values.

Source of the keys: Dex's documentation of its configuration, and its `cmd/dex/config.go`.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kubeflow_charms.interfaces.oidc_client import Client

TELEMETRY_PORT = 5558


@dataclasses.dataclass(frozen=True)
class StaticUser:
    """The user of the password database.

    Attributes:
        name: what she types to log in.
        password_hash: bcrypt's.
        identifier: a UUID that stays the same for good.
    """

    name: str
    password_hash: str
    identifier: str


def hash_password(word: str) -> str:
    """Return bcrypt's salted hash of a password, which it reads no further than 72 bytes."""
    import bcrypt

    return bcrypt.hashpw(word.encode()[:72], bcrypt.gensalt(10)).decode()


def configuration(
    *,
    issuer: str,
    port: int,
    user: StaticUser | None,
    connectors: Sequence[Mapping[str, Any]],
    clients: Sequence[Client],
) -> str:
    """Return the configuration file; JSON, which Dex reads as YAML."""
    document = {
        "issuer": issuer,
        "storage": {"type": "kubernetes", "config": {"inCluster": True}},
        "web": {"http": f"0.0.0.0:{port}"},
        "telemetry": {"http": f"0.0.0.0:{TELEMETRY_PORT}"},
        "logger": {"level": "info", "format": "text"},
        "oauth2": {"skipApprovalScreen": True},
        "enablePasswordDB": user is not None,
        "staticPasswords": [_password(user)] if user else [],
        "connectors": [dict(connector) for connector in connectors],
        "staticClients": [_client(client) for client in clients],
    }
    return json.dumps(document, indent=1)


def _password(user: StaticUser) -> dict[str, str]:
    # Dex looks its users up by e-mail address; a name without @ serves as one.
    return {
        "email": user.name,
        "hash": user.password_hash,
        "username": user.name.partition("@")[0],
        "userID": user.identifier,
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "redirectURIs": list(client.redirect_uris),
        "secret": client.secret,
    }


def with_secrets(connectors: Sequence[Mapping[str, Any]], secret: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the connectors with each value `$key` replaced by the secret's value.

    Raises:
        ValueError: a connector names a key that the secret lacks.
    """

    def fill(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in secret:
                raise ValueError(f"connectors: {value} is not a key of the secret that connectors-secret names")
            return secret[value[1:]]
        return value

    return [fill(connector) for connector in connectors]
