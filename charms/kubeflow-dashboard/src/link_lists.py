"""The dashboard's lists of links, from options and from related applications.

Source of the lists' names and fields: Kubeflow's documentation of the dashboard's ConfigMap, and the dashboard's
public/components/main-page.pug and dashboard-view.js, release 2.0.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from kubeflow_charms.interfaces.dashboard_links import ICON, Link


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link of a section of the menu.

    Attributes:
        text: what users read.
        link: where it leads.
    """

    text: str
    link: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link that an option gives, with the keys of the published charm and of the dashboard itself.

    Attributes:
        text: what users read.
        link: where it leads; empty for a section.
        icon: in the menu.
        type: `item`, or `section` for one with items.
        desc: a line below the text, on the landing page.
        location: the list that it is for; may be left out.
        iframe: whether an external link opens beside the menu.
        items: the links of a section.
    """

    text: str
    link: str = ""
    icon: str = ICON
    type: str = "item"
    desc: str = ""
    location: str = ""
    iframe: bool = False
    items: tuple[Item, ...] = ()


LISTS = {
    "menu": "menuLinks",
    "external": "externalLinks",
    "quick": "quickLinks",
    "documentation": "documentationItems",
}
"""The dashboard's name of each list, by the name that the relation has for it."""

FIELDS = {
    "menu": ("type", "text", "link", "icon"),
    "external": ("type", "text", "link", "icon", "iframe"),
    "quick": ("text", "desc", "link"),
    "documentation": ("text", "desc", "link"),
}


def document(
    *,
    given: Mapping[str, Sequence[Entry]],
    related: Iterable[Link],
    orders: Mapping[str, Sequence[str]],
) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of links as the dashboard reads them.

    Args:
        given: by list, what options give; these are taken where an application sends the same text and link.
        related: what related applications send.
        orders: by list, the texts that come first.
    """
    offered = list(related)
    return {
        name: [
            _fields(entry, location)
            for entry in _ordered(
                _distinct([*given[location], *(_entry(link) for link in offered if link.location == location)]),
                orders[location],
            )
        ]
        for location, name in LISTS.items()
    }


def _entry(link: Link) -> Entry:
    # A section that an application names has no items: it would be a heading that opens on nothing.
    return Entry(text=link.text, link=link.link, icon=link.icon, desc=link.desc)


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        found.setdefault((entry.text, entry.link), entry)
    return list(found.values())


def _ordered(entries: Iterable[Entry], order: Sequence[str]) -> list[Entry]:
    """Sort entries: those whose text the order has come first, in its order, the others by alphabet."""
    ranks = {text: rank for rank, text in reversed(list(enumerate(order)))}
    return sorted(entries, key=lambda entry: (ranks.get(entry.text, len(ranks)), entry.text.casefold(), entry.link))


def _fields(entry: Entry, location: str) -> dict[str, Any]:
    if entry.type == "section":
        items = [msgspec.to_builtins(item) for item in entry.items]
        return {"type": "section", "text": entry.text, "icon": entry.icon, "items": items}
    return {field: getattr(entry, field) for field in FIELDS[location]}
