"""YAML as people mean it: text, unless nothing but a number, `true`, `false` or `null` can be meant.

YAML 1.1, which PyYAML reads, takes `0123` for 83, `yes` for a truth, `12:30` for 750 and `2026-01-01` for a date. Here
a plain word is a number only if the number is written just like it, so that `str` gives back what was typed.
"""

import functools
import re
from typing import Any, TypeVar

Value = TypeVar("Value")
DEEPEST = 50
"""More levels than any option needs, and far fewer than Python's stack has."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_NO_TEXT = re.compile(r"Expected `str`, got `(?:int|float|bool)` - at `\$([\w.[\]]+)`$")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def load(text: str) -> Any:
    """Return what a document holds: mappings with text for keys, lists, text, numbers, truths and None.

    Raises:
        ValueError: it is no YAML, has tags that stand for something else, or is nested without end; the message does
            not repeat it.
    """
    import yaml

    try:
        found = yaml.load(text, _loader())
        return _checked(found, DEEPEST)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no YAML") from error


def text(value: str | bool | int | float | None) -> str:
    """Return a value as it was typed; nothing for None."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def struct(found: Any, kind: type[Value]) -> Value:
    """Return a struct of what a document holds, with text as it was typed wherever the struct wants text.

    Raises:
        msgspec.ValidationError: it is none.
    """
    import msgspec

    while True:
        try:
            return msgspec.convert(found, kind)
        except msgspec.ValidationError as error:
            place = _NO_TEXT.search(str(error))
            if not place:
                raise
            found = _with_text(found, re.findall(r"[^.[\]$]+", place[1]))


def _with_text(found: Any, path: list[str]) -> Any:
    if not path:
        return text(found)
    if isinstance(found, list):
        return [_with_text(item, path[1:]) if str(at) == path[0] else item for at, item in enumerate(found)]
    return {**found, path[0]: _with_text(found[path[0]], path[1:])}


@functools.cache
def _loader() -> type:
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}

        def flatten_mapping(self, node: Any) -> None:
            """Merge what is to be merged, and let keys be text: to Python 1 and true would be the same one."""
            super().flatten_mapping(node)
            for key, _ in node.value:
                key.style = getattr(key, "style", None) or "'"

    Loader.add_constructor("tag:yaml.org,2002:str", _scalar)
    return Loader


def _scalar(loader: Any, node: Any) -> Any:
    text = loader.construct_scalar(node)
    return text if node.style else _plain(text)


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) < 19:
        return int(text)
    if _NUMBER.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    return text


def _checked(value: Any, levels: int) -> Any:
    if levels == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {str(key): _checked(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_checked(item, levels - 1) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError("expected text, numbers, true, false, lists and mappings alone")
