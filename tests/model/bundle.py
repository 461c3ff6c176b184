"""Bundles as `juju deploy` reads them, with overlays."""

import dataclasses
import functools
import inspect
import pathlib
from collections.abc import Mapping
from typing import Any

import ops
import yaml
from support.charms import load_charm

ROOT = pathlib.Path(__file__).parents[2]
BUNDLES = ROOT / "bundles"
CHARMS = ROOT / "charms"

End = tuple[str, str]
"""An application and one of its endpoints."""


@dataclasses.dataclass(frozen=True)
class Application:
    """One application of a bundle.

    Attributes:
        charm: the charm's name.
        scale: how many units.
        options: as the bundle sets them.
    """

    charm: str
    scale: int = 1
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Bundle:
    """Applications by name, relations between their endpoints, and where the charms' folders are."""

    name: str
    applications: Mapping[str, Application]
    relations: tuple[tuple[End, End], ...] = ()
    charms: pathlib.Path = CHARMS

    def scaled(self, units: int) -> "Bundle":
        """Return the same bundle with so many units of every application."""
        scaled = {name: dataclasses.replace(item, scale=units) for name, item in self.applications.items()}
        return dataclasses.replace(self, applications=scaled)

    def configured(self, application: str, **options: Any) -> "Bundle":
        """Return the same bundle with other options of an application; `_` in their names stands for `-`."""
        had = self.applications[application]
        more = {name.replace("_", "-"): value for name, value in options.items()}
        changed = dataclasses.replace(had, options={**had.options, **more})
        return dataclasses.replace(self, applications={**self.applications, application: changed})

    def charm(self, application: str) -> "CharmFolder | None":
        """Return the charm of an application; None if it is another publisher's."""
        root = self.charms / self.applications[application].charm
        return CharmFolder(root) if (root / "charmcraft.yaml").exists() else None


@dataclasses.dataclass(frozen=True)
class CharmFolder:
    """A charm of a repository."""

    root: pathlib.Path

    @property
    def document(self) -> dict[str, Any]:
        """Its charmcraft.yaml."""
        return _read(self.root / "charmcraft.yaml")

    @functools.cached_property
    def kind(self) -> type[ops.CharmBase]:
        """The charm's class, the only one that its charm.py defines."""
        module = load_charm(self.root)
        [found] = [
            item
            for _, item in inspect.getmembers(module, inspect.isclass)
            if issubclass(item, ops.CharmBase) and item.__module__ == module.__name__
        ]
        return found


def load(path: pathlib.Path, *overlays: pathlib.Path, charms: pathlib.Path = CHARMS) -> Bundle:
    """Return a bundle with overlays laid over it.

    Args:
        path: its bundle.yaml.
        overlays: of `juju deploy --overlay`; what they say of an application is added to what the bundle says.
        charms: the folder with the charms' folders.

    Raises:
        ValueError: a relation does not name both endpoints.
    """
    document = _read(path)
    applications: dict[str, dict[str, Any]] = dict(document["applications"])
    relations: list[list[str]] = list(document.get("relations") or [])
    for overlay in map(_read, overlays):
        for name, more in (overlay.get("applications") or {}).items():
            if more is None:
                # An application without a value is taken out, and its relations go with it.
                del applications[name]
                relations = [pair for pair in relations if name not in {end.partition(":")[0] for end in pair}]
                continue
            had = applications.get(name, {})
            options = {**(had.get("options") or {}), **(more.get("options") or {})}
            applications[name] = {**had, **more, "options": options}
        relations += [pair for pair in overlay.get("relations") or [] if pair not in relations]
    return Bundle(
        document.get("name") or path.parent.name,
        {
            name: Application(item["charm"], item.get("scale", 1), item.get("options") or {})
            for name, item in applications.items()
        },
        tuple((_end(path, left), _end(path, right)) for left, right in relations),
        charms,
    )


def names() -> list[str]:
    """Return the names of all bundles of the repository."""
    return sorted(path.parent.name for path in BUNDLES.glob("*/bundle.yaml"))


def widest() -> list[str]:
    """Return the names of the bundles that are worth a closer look: no other has their charms and more."""
    charms = {name: {item.charm for item in named(name).applications.values()} for name in names()}
    return [name for name, own in charms.items() if not any(own < others for others in charms.values())]


def overlays() -> list[str]:
    """Return the names of all overlays of the repository."""
    return sorted(path.stem for path in (BUNDLES / "overlays").glob("*.yaml"))


def named(name: str, *overlays: str) -> Bundle:
    """Return a bundle of the repository, with overlays by name."""
    return load(BUNDLES / name / "bundle.yaml", *(BUNDLES / "overlays" / f"{item}.yaml" for item in overlays))


def overlaid(name: str, overlay: str) -> Bundle | None:
    """Return a bundle with an overlay; None if that changes an application that the bundle does not have."""
    changed = _read(BUNDLES / "overlays" / f"{overlay}.yaml").get("applications") or {}
    had = _read(BUNDLES / name / "bundle.yaml")["applications"]
    missing = [item for item, fields in changed.items() if item not in had and "charm" not in (fields or {})]
    return None if missing else named(name, overlay)


def _end(path: pathlib.Path, text: str) -> End:
    application, _, endpoint = text.partition(":")
    if not endpoint:
        raise ValueError(f"{path}: the relation with {text} names no endpoint, write {application}:ENDPOINT")
    return application, endpoint


@functools.cache
def _read(path: pathlib.Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())
