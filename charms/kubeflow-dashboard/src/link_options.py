"""Lists of links and of texts, as an operator types them."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
from kubeflow_charms.configuration import plain_yaml
from link_lists import Entry

EXAMPLES = {
    "menu": "- {text: Registry, link: /registry/, icon: apps}",
    "external": '- {text: Registry, link: "https://registry.example.com", icon: launch}',
    "quick": "- {text: Start a server, desc: Notebooks, link: /jupyter/new}",
    "documentation": '- {text: House rules, desc: Who may use what, link: "https://wiki.example.com"}',
}


def entries(location: str) -> Callable[[str | None], tuple[Entry, ...]]:
    """Make a parser for the links of one list, which accepts nothing, or a YAML or JSON list of links.

    Args:
        location: the relation's name of the list.
    """

    def parse(value: str | None) -> tuple[Entry, ...]:
        example = EXAMPLES[location]
        found = _listed(value, f"a YAML or JSON list of links such as {example!r}")
        return tuple(_link(item, f"item {number}", location) for number, item in enumerate(found, 1))

    return parse


def texts(value: str | None) -> tuple[str, ...]:
    """Accept nothing, or a YAML or JSON list of links' texts."""
    expected = 'a YAML or JSON list of the texts of links such as ["Notebooks", "Volumes"]'
    found = _listed(value, expected)
    for number, item in enumerate(found, 1):
        if not isinstance(item, str | int | float):
            raise ValueError(f"item {number} is no text, expected {expected}")
    return tuple(map(plain_yaml.text, found))


def _link(item: Any, position: str, location: str) -> Entry:
    try:
        entry = plain_yaml.struct(item, Entry)
    except msgspec.ValidationError as error:
        raise ValueError(f"{position}: {error}, expected for example {EXAMPLES[location]!r}") from error
    if not entry.text.strip():
        raise ValueError(f"{position} has no text, expected what users are to read")
    if entry.location not in ("", location):
        raise ValueError(f"{position} is for another list, expected {location} or no location at all")
    if entry.type not in ("item", "section"):
        raise ValueError(f"{position} has an unknown type, expected item or section")
    if entry.type == "section":
        return _section(entry, position, location)
    if entry.items:
        raise ValueError(f"{position} has items, expected 'type: section' with them")
    _require_address(entry.link, position)
    return entry


def _section(entry: Entry, position: str, location: str) -> Entry:
    if location != "menu":
        raise ValueError(f"{position} is a section, expected a link: only the menu has sections")
    if entry.link or not entry.items:
        raise ValueError(f"{position} is a section, expected items and no link of its own")
    for number, item in enumerate(entry.items, 1):
        _require_address(item.link, f"{position}, link {number} of its items")
    return entry


def _require_address(link: str, position: str) -> None:
    if not re.fullmatch(r"(/|https?://[^/\s])\S*", link):
        raise ValueError(f"{position} has a link that leads nowhere, expected a path such as /jupyter/ or a URL")


def _listed(value: str | None, expected: str) -> list[Any]:
    """Return the items of a JSON or YAML list; JSON is tried first, as YAML's reader is slower to load."""
    text = (value or "").strip()
    if not text:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _yaml(text, expected)
    if not isinstance(found, list):
        raise ValueError(f"no list, expected {expected}")
    return found


def _yaml(text: str, expected: str) -> Any:
    try:
        return plain_yaml.load(text)
    except ValueError as error:
        raise ValueError(f"no YAML, expected {expected}") from error
