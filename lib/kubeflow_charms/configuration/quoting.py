"""What a message must not repeat: an option's value, which may be a password in the wrong place."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import plain_yaml


def without(message: str, *values: Any) -> str:
    """Return a message with "it" in place of whatever it quotes of the values of options."""
    parts = {part for value in values if isinstance(value, str) for part in _parts(value) if part}
    for part in sorted(parts, key=len, reverse=True):
        message = message.replace(f"unknown field `{part}`", "an unknown field").replace(repr(part), "it")
    return message


def _parts(value: str) -> Iterator[str]:
    """Yield a value, and what parsers take it apart to: words, keys and values of pairs, and what YAML has in it."""
    yield from (value, value.strip(), value.strip().rstrip("/"))
    for item in re.split(r"[,\n]", value):
        yield from (item.strip(), *item.split())
        for half in item.partition("="):
            yield from (half.strip(), half.strip().strip("\"'"))
    with contextlib.suppress(ValueError):
        yield from _scalars(plain_yaml.load(value))


def _scalars(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        found = [*found, *found.values()]
    if isinstance(found, list):
        for item in found:
            yield from _scalars(item)
    else:
        yield str(found)
