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

from tools.up.overlays import Overlay, merged

ROOT = pathlib.Path(__file__).parents[2]
BUNDLES = ROOT / "bundles"
CHARMS = ROOT / "charms"

KEYS = ("name", "containers", "resources", "requires", "provides", "peers", "storage", "config", "actions")
"""What Juju reads of charmcraft.yaml."""

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
    def metadata(self) -> dict[str, Any]:
        """What Juju reads of its charmcraft.yaml, without prose, which the framework would write before each hook."""
        document = _read(self.root / "charmcraft.yaml")
        return _brief({key: document[key] for key in KEYS if key in document})

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
    """Return a bundle with overlays laid over it, as `./up` lays them.

    Args:
        path: its bundle.yaml.
        overlays: their files.
        charms: the folder with the charms' folders.

    Raises:
        ValueError: a relation does not name both endpoints.
    """
    document = merged(_read(path), map(Overlay.load, overlays))
    return Bundle(
        document.get("name") or path.parent.name,
        {
            name: Application(item["charm"], item.get("scale", 1), item.get("options") or {})
            for name, item in document["applications"].items()
        },
        tuple((_end(path, left), _end(path, right)) for left, right in document["relations"]),
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


def _end(path: pathlib.Path, text: str) -> End:
    application, _, endpoint = text.partition(":")
    if not endpoint:
        raise ValueError(f"{path}: the relation with {text} names no endpoint, write {application}:ENDPOINT")
    return application, endpoint


def _brief(document: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _brief(value) if isinstance(value, dict) else value
        for key, value in document.items()
        if not (key == "description" and isinstance(value, str))
    }


@functools.cache
def _read(path: pathlib.Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())
