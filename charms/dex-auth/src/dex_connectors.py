"""Other identity services, as an operator describes them in the option `connectors`."""

from collections.abc import Mapping, Sequence
from typing import Any

from kubeflow_charms import options

Connectors = tuple[dict[str, Any], ...]

# What Dex 2.44 knows; it ends at once when told of another type. Source: its server/server.go.
TYPES = (
    "atlassian-crowd",
    "authproxy",
    "bitbucket-cloud",
    "gitea",
    "github",
    "gitlab",
    "google",
    "keystone",
    "ldap",
    "linkedin",
    "microsoft",
    "mockCallback",
    "mockPassword",
    "oauth",
    "oidc",
    "openshift",
    "saml",
)

KEYS = ("type", "id", "name")

_listed = options.yaml_list_of_mappings(keys=KEYS)


def connectors(value: str | None) -> Connectors:
    """Accept nothing, or a YAML list of connectors that Dex can be started with.

    Raises:
        ValueError: it is no such list, or an item would keep Dex from starting.
    """
    found = _listed(value)
    known = {"local"}
    for position, connector in enumerate(found, 1):
        if not all(isinstance(connector[key], str) for key in KEYS):
            raise ValueError(f"item {position}: expected text for {', '.join(KEYS)}, in quotes where it is a number")
        if connector["type"] not in TYPES:
            raise ValueError(f"item {position} has the unknown type {connector['type']}, expected {', '.join(TYPES)}")
        if connector["id"] in known:
            raise ValueError(f"item {position} has the id {connector['id']}, expected one that nothing else has")
        if not isinstance(connector.get("config", {}), dict):
            raise ValueError(f"item {position} has a config that is no mapping, expected key: value for each setting")
        known.add(connector["id"])
    return found


def with_secrets(found: Sequence[Mapping[str, Any]], secret: Mapping[str, str]) -> Connectors:
    """Return the connectors with each value `$key` replaced by the secret's value.

    Raises:
        ValueError: a connector names a key that the secret lacks.
    """

    def fill(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in secret:
                raise ValueError(f"option connectors: {value} is not a key of the secret that connectors-secret names")
            return secret[value[1:]]
        return value

    return tuple(fill(connector) for connector in found)
