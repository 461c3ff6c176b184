"""How typed data is written in databags: the three families that published Kubeflow charms use.

A codec reads any published form and writes exactly one. Source: the wire formats of serialized-data-interface 0.7
and of the libraries published with the charms.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar, get_origin

import msgspec

Data = TypeVar("Data", bound=msgspec.Struct)
Value = TypeVar("Value")
Databag = Mapping[str, str]
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""What no file, status or Kubernetes object takes: control characters, and halves of a character."""


class Codec(Protocol[Data]):
    """Reads and writes one side's application databag."""

    def decode(self, databag: Databag) -> Data | None:
        """Return what the other side says; None as long as it says nothing.

        Raises:
            ValueError: what it says is wrong.
        """
        ...

    def encode(self, data: Data | None, remote: Databag) -> dict[str, str]:
        """Return the keys to write; `data` is None to say no more than that we are there."""
        ...


@dataclasses.dataclass(frozen=True)
class Versioned(Generic[Data]):
    """The family of serialized-data-interface: `_supported_versions`, and one YAML document under `data`.

    JSON is written, which every YAML reader reads.

    Attributes:
        kind: what `data` holds.
        versions: of the schema that we speak.
    """

    kind: type[Data]
    versions: tuple[str, ...] = ("v1",)

    def decode(self, databag: Databag) -> Data | None:
        """See `Codec`."""
        versions = document(databag.get("_supported_versions", "[]"))
        if not isinstance(versions, list):
            raise ValueError("_supported_versions is no list")
        if versions and not any(version in self.versions for version in versions):
            raise ValueError(f"it speaks {', '.join(map(str, versions))}, expected {' or '.join(self.versions)}")
        if "data" not in databag:
            return None
        return convert(document(databag["data"]), self.kind)

    def encode(self, data: Data | None, remote: Databag) -> dict[str, str]:
        """See `Codec`."""
        databag = {"_supported_versions": json.dumps(list(self.versions))}
        if data is not None:
            databag["data"] = json.dumps(_without_nothing(msgspec.to_builtins(data)))
        return databag


@dataclasses.dataclass(frozen=True)
class Flat(Generic[Data]):
    """A key for each field, its value as plain text; JSON for truth and for lists."""

    kind: type[Data]

    def decode(self, databag: Databag) -> Data | None:
        """See `Codec`."""
        fields = {field.encode_name: field for field in msgspec.structs.fields(self.kind)}
        telling = [key for key, field in fields.items() if field.required] or fields
        if not any(databag.get(key) for key in telling):
            return None
        lists = {key for key, field in fields.items() if get_origin(field.type) is tuple}
        found = {key: databag[key] for key in fields if key in databag}
        return convert({key: document(text) if key in lists else text for key, text in found.items()}, self.kind)

    def encode(self, data: Data | None, remote: Databag) -> dict[str, str]:
        """See `Codec`."""
        fields = msgspec.to_builtins(data) if data is not None else {}
        return {
            key: json.dumps(value) if isinstance(value, (bool, list, tuple)) else str(value)
            for key, value in fields.items()
            if value not in (None, "", (), [])
        }


@dataclasses.dataclass(frozen=True)
class Json(Generic[Data]):
    """A key for each field, its value as JSON."""

    kind: type[Data]

    def decode(self, databag: Databag) -> Data | None:
        """See `Codec`."""
        fields = {field.encode_name for field in msgspec.structs.fields(self.kind)}
        found = {key: document(databag[key]) for key in fields if key in databag}
        return convert(found, self.kind) if found else None

    def encode(self, data: Data | None, remote: Databag) -> dict[str, str]:
        """See `Codec`."""
        fields = msgspec.to_builtins(data) if data is not None else {}
        return {key: json.dumps(value) for key, value in fields.items() if value is not None}


def decode(codec: Codec[Data], databag: Databag) -> Data | None:
    """Return what the other side says; see `Codec.decode`, which trusts in texts that can be printed."""
    return codec.decode(printable(databag))


def document(text: str) -> Any:
    """Read JSON, or else YAML, whose reader is slower to load.

    Raises:
        ValueError: it is neither, is nested without an end, or holds what cannot be printed.
    """
    try:
        found = _read(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    # Escapes in the text may have made what the text itself has not.
    for value in _texts(found):
        printable({"a value": value})
    return found


def printable(databag: Databag) -> Databag:
    """Return a databag, or the content of a secret.

    Raises:
        ValueError: a value has control characters, or halves of one.
    """
    for key, text in databag.items():
        if UNPRINTABLE.search(text):
            raise ValueError(f"{key} has control characters, expected text")
    return databag


def convert(found: Any, kind: type[Value]) -> Value:
    """Return a document as a typed value.

    Raises:
        ValueError: it is of another shape.
    """
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("no YAML") from error


def _texts(found: Any) -> Iterator[str]:
    """Yield every text in a document, of which YAML may name a part again and again."""
    left, seen = [found], set[int]()
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, (dict, list)) and id(item) not in seen:
            seen.add(id(item))
            left += [*item.keys(), *item.values()] if isinstance(item, dict) else item


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
