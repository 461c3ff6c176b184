"""Overlays: files that change a bundle, with the meaning that `juju deploy --overlay` gives them.

Source of the meaning: documentation.ubuntu.com/juju, "Bundle", "Overlay bundles". A null application goes, with its
relations; mappings are merged key by key; all else of an application is replaced; relations are added.

Juju refuses an overlay that names what the bundle does not have. Here it is left out in the end, and what an overlay
brings, with a charm, counts before what another one changes: so one overlay goes with every bundle and with every other
overlay, in any order.
"""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from tools.up.errors import Refusal

TEXT, BASE64 = "include-file://", "include-base64://"
"""How an option names a file beside the overlay."""


@dataclasses.dataclass(frozen=True)
class Overlay:
    """An overlay.

    Attributes:
        path: the file, absolute.
        documents: what it says, in the order in which it counts, with the files that it includes in their places.
    """

    path: pathlib.Path
    documents: tuple[Mapping[str, Any], ...]

    @classmethod
    def load(cls, path: pathlib.Path) -> Overlay:
        """Read an overlay.

        Raises:
            Refusal: there is none, or it is none.
        """
        path = path.expanduser().absolute()
        try:
            documents = [document for document in yaml.safe_load_all(path.read_text()) if document is not None]
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise Refusal(f"the overlay {path} cannot be read: {error}") from None
        for document in documents:
            if not isinstance(document, dict) or not isinstance(document.get("applications", {}), dict | None):
                raise Refusal(f"the overlay {path} has to be a mapping with `applications` or `relations`")
        return cls(path, tuple(_included(document, path) for document in documents))


def remembered(file: pathlib.Path) -> list[pathlib.Path]:
    """Return the paths that `remember` wrote to a file; none if there is no such file."""
    return [pathlib.Path(path) for path in json.loads(file.read_text())] if file.exists() else []


def remember(file: pathlib.Path, overlays: Iterable[Overlay]) -> None:
    """Write down which overlays a model has: without them a second run would bring back what they took away."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([str(overlay.path) for overlay in overlays], indent=1))


def merged(content: Mapping[str, Any], overlays: Iterable[Overlay]) -> dict[str, Any]:
    """Return a bundle's content with all that overlays say: what they bring and take, then what they change."""
    result = copy.deepcopy(dict(content))
    documents = [document for overlay in overlays for document in overlay.documents]
    for bringing in (True, False):
        for document in documents:
            _merge(result, document, bringing=bringing)
    had: Mapping[str, Any] = content["applications"]
    # What is changed and has no charm is not there, or not any more.
    applications = {
        name: it
        for name, it in result["applications"].items()
        if "charm" in it or "charm" not in had.get(name, ["charm"])
    }
    relations = [it for it in result.get("relations") or () if {*map(application, _ends(it))} <= applications.keys()]
    return {**result, "applications": applications, "relations": relations}


def left_out(content: Mapping[str, Any], overlays: Iterable[Overlay]) -> list[str]:
    """Return the applications that overlays change, and that neither the bundle nor an overlay brings."""
    named = [
        (name, changes)
        for overlay in overlays
        for document in overlay.documents
        for name, changes in (document.get("applications") or {}).items()
    ]
    there = {*content["applications"], *(name for name, changes in named if changes is None or "charm" in changes)}
    return sorted({name for name, _ in named} - there)


def _merge(bundle: dict[str, Any], overlay: Mapping[str, Any], *, bringing: bool) -> None:
    applications: dict[str, Any] = bundle.setdefault("applications", {})
    relations = [*(bundle.get("relations") or ())]
    for name, changes in (overlay.get("applications") or {}).items():
        if (changes is None or "charm" in changes) != bringing:
            continue
        if changes is None:
            applications.pop(name, None)
            relations = [it for it in relations if name not in map(application, _ends(it))]
            continue
        had = applications.setdefault(name, {})
        for key, value in changes.items():
            both = isinstance(value, dict) and isinstance(had.get(key), dict)
            had[key] = {**had[key], **value} if both else copy.deepcopy(value)
    bundle["relations"] = relations + [it for it in overlay.get("relations") or () if it not in relations]


def application(end: str) -> str:
    """Return the application of `application:endpoint`."""
    return end.partition(":")[0]


def _ends(relation: Any) -> Iterator[str]:
    """Yield both ends of a relation, each of which may be a list of its own."""
    for end in relation:
        yield from end if isinstance(end, list) else [end]


def _included(value: Any, path: pathlib.Path) -> Any:
    """Return a value with what it names by `include-file://` in its place, from beside the overlay."""
    if isinstance(value, dict):
        return {key: _included(item, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_included(item, path) for item in value]
    if not isinstance(value, str) or not value.startswith((TEXT, BASE64)):
        return value
    scheme, _, name = value.partition("://")
    try:
        found = (path.parent / name).read_bytes()
        return base64.b64encode(found).decode() if scheme == "include-base64" else found.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"the overlay {path} names the file {name}, which cannot be read: {error}") from None
