"""Typed options: Juju's configuration becomes one frozen value, or a message that names each bad option."""

import base64
import binascii
import dataclasses
import datetime
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import ops

from ..engine.problems import Blocked
from ..relations.secrets import newest, plain
from . import plain_yaml
from .quoting import without

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
            ValueError: the secret is unknown, not granted, lacks a key, has one too many or nothing for one.
        """
        try:
            content = newest(model, id=identifier).get_content()
        except (ops.SecretNotFoundError, ops.ModelError) as error:
            raise ValueError(
                f"the secret is not there or not granted, expected: juju grant-secret NAME {application}"
            ) from error
        optional = content.keys() if self.optional is None else self.optional
        if set(content) - {*self.required, *optional} or set(self.required) - set(content):
            expected = ", ".join((*self.required, *(f"{key} (optional)" for key in self.optional or ())))
            raise ValueError(f"the secret's keys are {', '.join(sorted(content))}, expected {expected}")
        found = {key: plain(text) for key, text in content.items()}
        if empty := sorted(key for key in self.required if not found[key]):
            raise ValueError(f"the secret's {empty[0]} is empty, expected a value")
        return found


Parser = Callable[[Any], Any] | SecretKeys


def option(parse: Parser, *, name: str = "", former: str = "") -> Any:
    """Declare a field of an options class.

    Args:
        parse: takes Juju's value and returns the typed one; raises ValueError saying what was expected.
        name: the option's, where it is not the field's with hyphens.
        former: the name that it had in the release before; one without a default, which counts where it is set.
    """
    return dataclasses.field(metadata={"parse": parse, "name": name, "former": former})


def load(kind: type[Value], config: Mapping[str, Any], model: ops.Model, application: str) -> Value:
    """Turn Juju's configuration into the frozen dataclass `kind`; field `static_username` is `static-username`.

    Raises:
        Blocked: one or more values are wrong; the message names every option and what it expects, and repeats no value,
            which may be a password in the wrong place.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(kind):  # pyright: ignore[reportArgumentType]
        name = _chosen(field, config)
        parse, raw = field.metadata.get("parse", lambda value: value), config.get(name)
        try:
            if not isinstance(parse, SecretKeys):
                values[field.name] = parse(raw)
            else:
                values[field.name] = parse.read(model, str(raw), name, application) if raw else None
        except ValueError as error:
            wrong.append(f"option {name}: {without(str(error), raw)}")
    if wrong:
        raise Blocked(*wrong)
    try:
        return kind(**values)
    except ValueError as error:
        raise Blocked(without(str(error), *config.values())) from error


def renamed(kind: type[Any], config: Mapping[str, Any]) -> list[str]:
    """Return, for the operator, which options of `kind` are set by the names that they had before."""
    return [
        f"option {former} is called {_name(field)} now, and counts until it is reset"
        for field in dataclasses.fields(kind)
        if (former := _chosen(field, config)) != _name(field)
    ]


def _name(field: "dataclasses.Field[Any]") -> str:
    return field.metadata.get("name") or field.name.replace("_", "-")


def _chosen(field: "dataclasses.Field[Any]", config: Mapping[str, Any]) -> str:
    """Return the name by which an option is set: the former one is kept over a refresh, and is there on purpose."""
    former = field.metadata.get("former")
    return former if former and config.get(former) not in (None, "") else _name(field)


def port(value: int) -> int:
    """Accept a TCP port that a process without root may listen on."""
    if not 1024 <= value <= 65535:
        raise ValueError(f"{value} is no usable port, expected 1024 to 65535")
    return value


def quantity(value: str | None) -> str:
    """Accept nothing, or a Kubernetes quantity such as 256Mi or 1G."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,9})?([KMGTPE]i|[kmMGTPE])?", text):
        raise ValueError(f"{text!r} is no quantity, expected for example 256Mi")
    return text


def age(value: str | None) -> datetime.timedelta | None:
    """Accept nothing, or a number of hours or days."""
    text = (value or "").strip()
    if not text:
        return None
    if not (found := re.fullmatch(r"([1-9][0-9]{0,4})([hd])", text)):
        raise ValueError(f"{text!r} is no age, expected for example 12h or 30d")
    return datetime.timedelta(**{{"h": "hours", "d": "days"}[found[2]]: int(found[1])})


def duration(value: str | None) -> str:
    """Accept a duration as Go writes it, of at least a second."""
    text = (value or "").strip()
    if not re.fullmatch(r"([1-9][0-9]*h)?([1-9][0-9]*m)?([1-9][0-9]*s)?", text) or not text:
        raise ValueError(f"{text!r} is no duration, expected for example 90s or 6m")
    return text


def memory_of(*programs: str) -> Callable[[str | None], dict[str, str]]:
    """Make a parser that accepts memory limits of a charm's programs as `program=quantity,program=quantity`."""

    def parse(value: str | None) -> dict[str, str]:
        try:
            found = pairs(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is no limit of a program, expected for example {programs[0]}=512Mi") from error
        if unknown := sorted(found.keys() - set(programs)):
            raise ValueError(f"there is no program {unknown[0]!r}, expected some of {', '.join(programs)}")
        return {program: quantity(limit) for program, limit in found.items()}

    return parse


def between(low: int, high: int) -> Callable[[int], int]:
    """Make a parser that accepts numbers from `low` to `high`."""

    def parse(value: int) -> int:
        if not low <= value <= high:
            raise ValueError(f"{value} is out of range, expected from {low} to {high}")
        return value

    return parse


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


def registry(value: str | None) -> str:
    """Accept nothing, or a registry's host, perhaps with a port and a path."""
    text = (value or "").strip().rstrip("/")
    if text and not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]+)?", text):
        raise ValueError(f"{text!r} is no registry, expected for example registry.site:5000/mirror")
    return text


def url(value: str | None) -> str:
    """Accept nothing, or an http or https URL with a host; returned without the slash at its end."""
    text = (value or "").strip()
    try:
        parsed = urllib.parse.urlsplit(text)
        usable = parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0
    except ValueError:  # a port out of range, or brackets around what is no IPv6 address
        parsed, usable = urllib.parse.urlsplit(""), False
    if text and (not usable or re.search(r"\s", text)):
        raise ValueError(f"{text!r} is no URL, expected for example https://kubeflow.example.com")
    if parsed.query or parsed.fragment:
        raise ValueError(f"{text!r} has a query or a fragment, expected an address such as https://host/path")
    return text.rstrip("/")


def origin(value: str | None) -> str:
    """Accept nothing, or a URL of scheme, host and perhaps port alone, as users type it to find a site."""
    text = url(value)
    if urllib.parse.urlsplit(text).path:
        raise ValueError(f"{text!r} has a path, expected the address alone, such as https://kubeflow.example.com")
    return text


def domain(value: str | None) -> str:
    """Accept nothing, or a domain of small letters, without a wildcard."""
    text = (value or "").strip().rstrip(".")
    if text and not re.fullmatch(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]*[a-z0-9])?", text):
        raise ValueError(f"{text!r} is no domain, expected for example models.example.com")
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """Make a parser that accepts one of a few words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is unknown, expected one of {', '.join(choices)}")
        return value

    return parse


def pem(value: str) -> str:
    """Accept nothing, PEM, or PEM in base64, as published charms take it."""
    text = value.strip()
    if text and not text.startswith("-----BEGIN "):
        try:
            text = base64.b64decode(text, validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if value.strip() and not text.startswith("-----BEGIN "):
        raise ValueError("no PEM, expected a file's content or that in base64")
    return f"{text}\n" if text else ""


def words(value: str | None) -> tuple[str, ...]:
    """Split a list separated by commas, spaces or both."""
    return tuple((value or "").replace(",", " ").split())


def some_of(kind: str, *choices: str) -> Callable[[str | None], tuple[str, ...]]:
    """Make a parser that accepts a list of words of a kind, which its message names, separated as `words` takes it."""

    def parse(value: str | None) -> tuple[str, ...]:
        found = words(value)
        if unknown := sorted(set(found) - set(choices)):
            raise ValueError(f"there is no {kind} {unknown[0]!r}, expected some of {', '.join(choices)}")
        return found

    return parse


def pairs(value: str | None) -> dict[str, str]:
    """Read a map: `key=value,key=value`, where a value with commas is in quotes, or a mapping in YAML or JSON.

    Raises:
        ValueError: it is no map, has a key twice, or a value that is neither text nor a number.
    """
    text = (value or "").strip()
    items = _pairs(text) if (mapping := _mapping(text)) is None else mapping.items()
    found: dict[str, str] = {}
    for key, content in items:
        if key in found:
            raise ValueError(f"{key!r} is there twice, expected each key once")
        found[key] = content
    return found


def _mapping(text: str) -> dict[str, str] | None:
    """Return what YAML or JSON says; None where the text is of the other form, `key=value`."""
    try:
        found = plain_yaml.load(text)
    except ValueError as error:
        if text.startswith("{"):
            raise ValueError("it is no mapping in YAML or JSON, expected for example {key: value}") from error
        return None
    if not isinstance(found, dict) or any("=" in key.partition(":")[0] for key in found):
        return None
    if bad := next((key for key, item in found.items() if not key or isinstance(item, dict | list)), None):
        raise ValueError(f"{bad!r} has no text for its value, expected for example {{key: value}}")
    return {key: plain_yaml.text(item) for key, item in found.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs between commas or ends of lines that are not in quotes."""
    items = [item for item in re.findall(r"""(?:"[^"]*"|'[^']*'|[^,\n])+""", text) if item.strip()]
    for position, item in enumerate(items, 1):
        key, separator, content = (part.strip() for part in item.partition("="))
        quoted = len(content) > 1 and content[0] == content[-1] and content[0] in "\"'"
        # What follows a=b=c after a comma may be a pair, or the rest of that value.
        if not separator or not key or ("=" in content and not quoted and position < len(items)):
            raise ValueError(f"{item.strip()!r} is no pair, expected key=value,key='value, with commas'")
        yield key, content[1:-1] if quoted else content


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
            missing = [key for key in keys if item.get(key) in (None, "")]
            if missing:
                raise ValueError(f"item {position} lacks {', '.join(missing)}, expected {', '.join(keys)} in each")
        return tuple(items)

    return parse
