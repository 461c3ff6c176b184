"""Typed options: Juju's configuration becomes one frozen value, or a message that names each bad option."""

import dataclasses
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import ops

from . import plain_yaml
from .problems import Blocked

Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class SecretKeys:
    """A parser for an option of type `secret`: reads the user secret that the option names.

    Attributes:
        required: keys that the secret must have.
        optional: keys that it may have; None for any.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] | None = ()

    @classmethod
    def any(cls) -> "SecretKeys":
        """Return a parser that takes any keys."""
        return cls(optional=None)

    def read(self, model: ops.Model, identifier: str, option: str, application: str) -> dict[str, str]:
        """Return the secret's content.

        Raises:
            ValueError: the secret is unknown, not granted, lacks a key or has one too many.
        """
        try:
            content = model.get_secret(id=identifier).get_content(refresh=True)
        except (ops.SecretNotFoundError, ops.ModelError) as error:
            raise ValueError(
                f"the secret is not there or not granted, expected: juju grant-secret NAME {application}"
            ) from error
        optional = content.keys() if self.optional is None else self.optional
        if set(content) - {*self.required, *optional} or set(self.required) - set(content):
            expected = ", ".join((*self.required, *(f"{key} (optional)" for key in self.optional or ())))
            raise ValueError(f"the secret's keys are {', '.join(sorted(content))}, expected {expected}")
        return content


Parser = Callable[[Any], Any] | SecretKeys


def option(parse: Parser, *, name: str = "") -> Any:
    """Declare a field of an options class.

    Args:
        parse: takes Juju's value and returns the typed one; raises ValueError saying what was expected.
        name: the option's, where it is not the field's with hyphens.
    """
    return dataclasses.field(metadata={"parse": parse, "name": name})


def load(kind: type[Value], config: Mapping[str, Any], model: ops.Model, application: str) -> Value:
    """Turn Juju's configuration into the frozen dataclass `kind`; field `static_username` is `static-username`.

    Raises:
        Blocked: one or more values are wrong; the message names every option and what it expects.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(kind):  # pyright: ignore[reportArgumentType]
        name = field.metadata.get("name") or field.name.replace("_", "-")
        parse, raw = field.metadata.get("parse", lambda value: value), config.get(name)
        try:
            if not isinstance(parse, SecretKeys):
                values[field.name] = parse(raw)
            else:
                values[field.name] = parse.read(model, str(raw), name, application) if raw else None
        except ValueError as error:
            wrong.append(f"option {name}: {error}")
    if wrong:
        raise Blocked("; ".join(wrong))
    try:
        return kind(**values)
    except ValueError as error:
        raise Blocked(str(error)) from error


def port(value: int) -> int:
    """Accept a TCP port that a process without root may listen on."""
    if not 1024 <= value <= 65535:
        raise ValueError(f"{value} is no usable port, expected 1024 to 65535")
    return value


def quantity(value: str | None) -> str:
    """Accept nothing, or a Kubernetes quantity such as 256Mi or 1G."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[0-9]+(\.[0-9]+)?([KMGTPE]i|[kmMGTPE])?", text):
        raise ValueError(f"{text!r} is no quantity, expected for example 256Mi")
    return text


def name(value: str | None) -> str:
    """Accept a name that a Kubernetes object may have: small letters, digits and hyphens."""
    text = (value or "").strip()
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f"{text!r} is no name, expected small letters, digits and hyphens")
    return text


def image(value: str | None) -> str:
    """Accept the reference of a container image."""
    text = (value or "").strip()
    if not re.fullmatch(r"[\w.-]+(:[0-9]+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?", text):
        raise ValueError(f"{text!r} is no image, expected for example docker.io/library/alpine:3.20")
    return text


def url(value: str | None) -> str:
    """Accept nothing, or an http or https URL with a host; returned without the slash at its end."""
    text = (value or "").strip()
    if text and not _is_url(text):
        raise ValueError(f"{text!r} is no URL, expected for example https://kubeflow.example.com")
    parsed = urllib.parse.urlsplit(text)
    if text and (parsed.query or parsed.fragment):
        raise ValueError(f"{text!r} has a query or a fragment, expected an address such as https://host/path")
    return text.rstrip("/")


def origin(value: str | None) -> str:
    """Accept nothing, or a URL of scheme, host and perhaps port alone, as users type it to find a site."""
    text = url(value)
    if urllib.parse.urlsplit(text).path:
        raise ValueError(f"{text!r} has a path, expected the address alone, such as https://kubeflow.example.com")
    return text


def _is_url(text: str) -> bool:
    try:
        parsed = urllib.parse.urlsplit(text)
        return (
            parsed.scheme in ("http", "https")
            and bool(parsed.hostname)
            and parsed.port != 0
            and not re.search(r"\s", text)
        )
    except ValueError:  # a port out of range, or brackets around what is no IPv6 address
        return False


def one_of(*choices: str) -> Callable[[str], str]:
    """Make a parser that accepts one of a few words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is unknown, expected one of {', '.join(choices)}")
        return value

    return parse


def words(value: str | None) -> tuple[str, ...]:
    """Split a list separated by commas, spaces or both."""
    return tuple((value or "").replace(",", " ").split())


def pairs(value: str | None) -> dict[str, str]:
    """Read `key=value,key=value`, as annotations are given."""
    found: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in (value or "").split(","))):
        key, separator, content = item.partition("=")
        if not separator or not key.strip():
            raise ValueError(f"{item!r} is no pair, expected key=value,key=value")
        found[key.strip()] = content.strip()
    return found


def yaml_list_of_mappings(*, keys: Sequence[str]) -> Callable[[str | None], tuple[dict[str, Any], ...]]:
    """Make a parser for a YAML list whose items are mappings that all have `keys`."""

    def parse(value: str | None) -> tuple[dict[str, Any], ...]:
        if not (value or "").strip():
            return ()
        try:
            items = plain_yaml.load(value or "")
        except ValueError as error:
            raise ValueError("no YAML, expected a list such as '- {" + ": ..., ".join(keys) + ": ...}'") from error
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(f"expected a YAML list of mappings with {', '.join(keys)}")
        for position, item in enumerate(items, 1):
            missing = [key for key in keys if not item.get(key)]
            if missing:
                raise ValueError(f"item {position} lacks {', '.join(missing)}, expected {', '.join(keys)} in each")
        return tuple(items)

    return parse
