"""Dex's configuration file, from typed values.

Source of the keys: Dex's documentation of its configuration, and its `cmd/dex/config.go`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dex_options import TELEMETRY_PORT
from dex_users import StaticUser
from kubeflow_charms.interfaces.oidc_client import Client

CONFIGURATION = "/etc/dex/configuration.yaml"
COMMAND = f"/usr/local/bin/dex serve {CONFIGURATION}"


def environment(namespace: str) -> dict[str, str]:
    """Return Dex's environment: where it keeps its state, and that a `$` in the configuration is just that.

    Dex would otherwise put variables, or nothing, in place of what follows a `$` in a connector's password.
    """
    return {"KUBERNETES_POD_NAMESPACE": namespace, "DEX_EXPAND_ENV": "false"}


def configuration(
    *,
    issuer: str,
    port: int,
    user: StaticUser | None,
    connectors: Sequence[Mapping[str, Any]],
    clients: Sequence[Client],
) -> str:
    """Return the configuration file; JSON, which Dex reads as YAML, with a date of a connector as text."""
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
    return json.dumps(document, indent=1, default=str)


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
