"""Dex's configuration file, from typed values.

Source of the keys: Dex's documentation of its configuration, and its `cmd/dex/config.go`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dex_options import PATH, TELEMETRY_PORT
from dex_users import StaticUser
from kubeflow_charms.interfaces.oidc_client import Client
from kubeflow_charms.parts import Program

CONFIGURATION = "/etc/dex/configuration.yaml"
GRANTS = (
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
"""What Dex 2.45 grants tokens for by default."""
PROGRAM = Program("dex", role="dex-role.yaml.j2", writable=("/etc/dex",))
BINARY = "/usr/local/bin/dex"
COMMAND = f"{BINARY} serve {CONFIGURATION}"


def environment(namespace: str) -> dict[str, str]:
    """Return Dex's environment: where it keeps its state, and what it would otherwise decide by its release.

    Without the first of the switches a `$` in a connector's password would be a variable. With the second it goes on
    while one identity service is away, as it does by itself since 2.45. The others are off in each release so far that
    has them.

    Source: `pkg/featureflags/set.go` of Dex 2.45 and of what came after it.
    """
    switches = {
        "DEX_EXPAND_ENV": "false",
        "DEX_CONTINUE_ON_CONNECTOR_FAILURE": "true",
        "DEX_ENT_ENABLED": "false",
        "DEX_API_CONNECTORS_CRUD": "false",
        "DEX_API_SESSIONS_IDENTITIES_CRUD": "false",
        "DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT": "false",
        "DEX_CONFIG_DISALLOW_UNKNOWN_FIELDS": "false",
        "DEX_SESSIONS_ENABLED": "false",
    }
    return {"KUBERNETES_POD_NAMESPACE": namespace, **switches}


def configuration(
    *,
    issuer: str,
    port: int,
    users: Sequence[StaticUser],
    connectors: Sequence[Mapping[str, Any]],
    clients: Sequence[Client],
    programs: str,
) -> str:
    """Return the configuration file; JSON, which Dex reads as YAML.

    Args:
        issuer: the issuer's URL.
        port: at which Dex serves.
        users: of the password database; none without one.
        connectors: to other identity services, as Dex has them.
        clients: who may ask Dex to log users in.
        programs: the name of a client without a password that may have tokens for those; empty for none.
    """
    document = {
        "issuer": issuer,
        # Its kinds are the charm's to make: Dex has no right to.
        "storage": {"type": "kubernetes", "config": {"inCluster": True, "crdHandling": "check"}},
        "web": {"http": f":{port}"},
        "telemetry": {"http": f":{TELEMETRY_PORT}"},
        "logger": {"level": "info", "format": "text"},
        "oauth2": {
            "skipApprovalScreen": True,
            "alwaysShowLoginScreen": False,
            "responseTypes": ["code"],
            "grantTypes": list(GRANTS),
        },
        "signer": {"type": "local", "config": {"keysRotationPeriod": "6h"}},
        # Whoever asks to log in makes an object of Kubernetes, before anybody knows who that is: it stays for as long
        # as the gatekeeper's cookie of that log-in counts.
        "expiry": {"idTokens": "24h", "authRequests": "15m", "deviceRequests": "5m"},
        "enablePasswordDB": bool(users),
        "staticPasswords": [password_of(user) for user in users],
        "connectors": [dict(connector) for connector in connectors],
        "staticClients": [
            *(_client(client, programs) for client in clients),
            *([_programs(programs)] if programs else []),
        ],
    }
    return json.dumps(document, indent=1)


def password_of(user: StaticUser) -> dict[str, str]:
    """Return a user as the password database has her."""
    # Dex looks its users up by e-mail address; a name without @ serves as one.
    return {
        "email": user.name,
        "hash": user.password_hash,
        "username": user.name.partition("@")[0],
        "userID": user.identifier,
    }


def _programs(name: str) -> dict[str, Any]:
    """Return the client for programs; Dex's own page alone may come back to it, where users confirm a code."""
    return {"id": name, "name": "Programs", "public": True, "redirectURIs": [f"{PATH}/device/callback"]}


def _client(client: Client, programs: str) -> dict[str, Any]:
    trust = {"trustedPeers": [programs]} if programs else {}
    return {
        **trust,
        "id": client.id,
        "name": client.name,
        "redirectURIs": list(client.redirect_uris),
        "secret": client.secret,
    }
