"""Sets options for passwords, so that it can be seen where they end up."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from kubeflow_charms import certificates
from kubeflow_charms.certificates import signing
from kubeflow_charms.configuration.options import SecretKeys

from .world import World

MARKER = "planted-0123456789abcdef"
PASSWORDS = ("password", "secret-key", "token")
"""How options end that hold a password as plain text."""


def plant(world: World) -> dict[str, str]:
    """Set every option for a password, or for a secret with passwords, that can be set alone; return their values."""
    planted: dict[str, str] = {}
    for name, application in world.model.applications.items():
        parsers = _parsers(world, name)
        options: dict[str, dict[str, Any]] = application.meta.get("config", {}).get("options", {})
        keys = {
            option: parse.required
            for option, parse in parsers.items()
            if isinstance(parse, SecretKeys) and parse.required and option in options
        }
        for option, required in keys.items():
            content = _content(f"{name}-{option}", required)
            world.configure(name, **{option: world.add_secret("", f"{name}-{option}", content, name)})
            planted |= {f"{name} {option} {key}": value for key, value in content.items()}
        # A password is given as an option of its own, or in a secret, not both.
        for option, document in options.items() if not keys else ():
            if document["type"] == "string" and option.endswith(PASSWORDS) and not document.get("default"):
                planted[f"{name} {option}"] = value = f"{MARKER}-{name}-{option}"
                world.configure(name, **{option: value})
    return planted


def _parsers(world: World, application: str) -> Mapping[str, object]:
    """Return how an application reads its options, by their names."""
    charm = world.bundle.charm(application)
    kind = getattr(charm.kind, "options_type", None) if charm else None
    if kind is None or not dataclasses.is_dataclass(kind):
        return {}
    return {
        field.metadata.get("name") or field.name.replace("_", "-"): field.metadata.get("parse")
        for field in dataclasses.fields(kind)
    }


def _content(label: str, keys: tuple[str, ...]) -> dict[str, str]:
    """Return a user's secret; where a certificate and its key are wanted, real ones."""
    if set(keys) == {"tls-crt", "tls-key"}:
        key = signing.new_key()
        start, life = certificates.now(), datetime.timedelta(days=90)
        return {"tls-crt": signing.authority_certificate("kubeflow.example.com", key, start, life), "tls-key": key}
    return {key: f"{MARKER}-{label}-{key}" for key in keys}
