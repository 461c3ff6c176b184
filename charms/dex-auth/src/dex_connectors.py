"""Other identity services, as an operator describes them in the option `connectors`."""

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from dex_connector_types import TYPES, setting, typed
from kubeflow_charms.configuration import options, plain_yaml

Connectors = tuple[dict[str, Any], ...]

KEYS = ("type", "id", "name")
REFERENCE = r"\$([a-z](-?[a-z0-9]){2,})"
"""A dollar sign and what Juju takes for a secret's key; a password that looks like one belongs in the secret."""

FILES = ("rootCA", "clientCert", "clientKey", "ca", "serviceAccountFilePath")
"""Settings that name a file."""
GOOGLE = ("accounts.google.com", 443)
"""Whom Dex asks, when it starts, how users log in there."""

_listed = options.yaml_list_of_mappings(keys=KEYS)


def connectors(value: str | None) -> Connectors:
    """Accept nothing, or a YAML list of connectors that Dex can be started with.

    Raises:
        ValueError: it is no such list, or an item would keep Dex from starting.
    """
    known = {"local"}
    for position, connector in enumerate(found := _listed(value), 1):
        if any(isinstance(connector[key], list | dict) for key in KEYS):
            raise ValueError(f"item {position}: expected text for {', '.join(KEYS)}")
        connector |= {key: plain_yaml.text(connector[key]) for key in KEYS}
        if connector["type"] not in TYPES:
            raise ValueError(f"item {position} has an unknown type, expected {', '.join(TYPES)}")
        if connector["id"] in known:
            raise ValueError(f"item {position} has an id that is taken, expected one that nothing else has")
        if not isinstance(connector.get("config") or {}, dict):
            raise ValueError(f"item {position} has a config that is no mapping, expected key: value for each setting")
        known.add(connector["id"])
    return found


def with_secrets(found: Sequence[Mapping[str, Any]], secret: Mapping[str, str]) -> Connectors:
    """Return the connectors with each value `$key` replaced by the secret's value, and each of the type that Dex wants.

    Raises:
        ValueError: a connector names a key that the secret lacks, or has a value of a wrong type; it tells where, and
            no value.
    """

    def fill(value: Any, shape: Any, place: str) -> Any:
        if isinstance(value, Mapping):
            return {key: fill(item, *setting(shape, key, place)) for key, item in value.items()}
        if isinstance(value, list):
            inner = shape[0] if isinstance(shape, list) else None
            return [fill(item, inner, f"{place}[{number}]") for number, item in enumerate(value)]
        if not isinstance(value, str) or not (reference := re.fullmatch(REFERENCE, value)):
            return value
        if reference[1] not in secret:
            raise ValueError(
                f"option connectors: {place} names no key of connectors-secret; values that begin with $ go there too"
            )
        return secret[reference[1]]

    def complete(position: int, connector: Mapping[str, Any]) -> dict[str, Any]:
        place = f"item {position}, config"
        config = fill(connector.get("config") or {}, TYPES[connector["type"]], place)
        try:
            return {**connector, "config": typed(TYPES[connector["type"]], config, place)}
        except ValueError as error:
            raise ValueError(f"option connectors: {error}") from error

    return tuple(complete(position, connector) for position, connector in enumerate(found, 1))


def files(connector: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that a connector wants in Dex's container, by the setting that names them."""
    config = connector["config"]
    named = {key: str(config[key]) for key in FILES if config.get(key)}
    for number, item in enumerate(config.get("rootCAs") or ()):
        if str(item).startswith("/"):
            named[f"rootCAs[{number}]"] = item
    if config.get("rootCAData"):
        named.pop("rootCA", None)
    return named


def address(connector: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return host and port of the service that has to answer for a connector to work; None where it is not known."""
    config = connector["config"]
    if connector["type"] == "ldap":
        text = f"//{config.get('host', '')}"
        usual = 389 if config.get("insecureNoSSL") else 636
    elif connector["type"] in ("oidc", "openshift"):
        text = str(config.get("issuer", ""))
        usual = 80 if text.startswith("http://") else 443
    elif connector["type"] == "google":
        return GOOGLE
    else:
        return None
    try:
        parsed = urllib.parse.urlsplit(text)
        return (parsed.hostname, parsed.port or usual) if parsed.hostname else None
    except ValueError:  # no port, or brackets around what is no IPv6 address: Dex tells in its log
        return None
