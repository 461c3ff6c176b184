"""What bundles/description.yaml says, and what follows from it for any bundle with any overlays.

What is deployed has all relations of the description whose two ends are there: no bundle, overlay or Terraform module
names relations of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import yaml

from tools.pack import metadata
from tools.pack.repository import PackError, Repository
from tools.up.overlays import application

FILE = "bundles/description.yaml"
EVERY = "*"

Fields = Mapping[str, Any]
Pair = tuple[str, str]
"""Two ends of a relation, `application:endpoint` each."""


@dataclasses.dataclass(frozen=True)
class BundleDescription:
    """A bundle.

    Attributes:
        description: what it is for.
        applications: their names, in the order in which they are listed.
        options: by application; this bundle's alone.
    """

    description: str
    applications: tuple[str, ...]
    options: Mapping[str, Fields]


@dataclasses.dataclass(frozen=True)
class OverlayDescription:
    """An overlay.

    Attributes:
        says: what it does, for whoever reads the file.
        example: a bundle that it changes something of.
        add: applications that it brings.
        remove: applications whose place they take.
        change: what it says of applications that a bundle has.
    """

    says: str
    example: str
    add: tuple[str, ...]
    remove: tuple[str, ...]
    change: Mapping[str, Fields]


@dataclasses.dataclass(frozen=True)
class Description:
    """All bundles and overlays.

    Attributes:
        applications: what each may say in a bundle, with its charm, channel, scale and trust.
        relations: all that there can be.
        bundles: by name.
        overlays: by name; the order tells which file a relation is in.
        charms: the charmcraft.yaml of each application that has a charm of this repository.
    """

    applications: Mapping[str, Fields]
    relations: tuple[Pair, ...]
    bundles: Mapping[str, BundleDescription]
    overlays: Mapping[str, OverlayDescription]
    charms: Mapping[str, Fields]

    def between(self, applications: Collection[str]) -> Iterator[Pair]:
        """Yield the relations of a model that has these applications and no others."""
        return (pair for pair in self.relations if all(application(end) in applications for end in pair))

    def brought(self, overlay: str) -> Iterator[Pair]:
        """Yield the relations that stand in an overlay's file.

        Of the overlays that bring one of a relation's ends it is the last of the description.
        """
        for pair in self.relations:
            bringing = [name for name, it in self.overlays.items() if {*map(application, pair)} & {*it.add}]
            if bringing[-1:] == [overlay] and not {*map(application, pair)} & {*self.overlays[overlay].remove}:
                yield pair


def load(repository: Repository) -> Description:
    """Read a repository's description.

    Raises:
        PackError: it cannot be read, or names an application, bundle or key that there is not.
    """
    path = repository.root / FILE
    try:
        content = yaml.safe_load(path.read_text())
        return _described(repository, content)
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path} cannot be read: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise PackError(f"{path}: {error!r} is missing, or not what it has to be") from None


def _described(repository: Repository, content: Fields) -> Description:
    said: Mapping[str, Fields] = content["applications"]
    applications = {name: _application(name, it or {}) for name, it in said.items()}
    charms = {
        name: metadata.load(repository.charm(it["charm"]))
        for name, it in applications.items()
        if it["charm"] in repository.charms
    }
    described = Description(
        applications,
        tuple(pair for it in content["relations"] for pair in _relations(it, charms)),
        {name: _bundle(name, content["bundles"]) for name in content["bundles"]},
        {name: _overlay(it, charms) for name, it in content["overlays"].items()},
        charms,
    )
    named = {application(end) for pair in described.relations for end in pair}
    for bundle in described.bundles.values():
        named |= {*bundle.applications, *bundle.options}
    for overlay in described.overlays.values():
        named |= {*overlay.add, *overlay.remove, *overlay.change}
    if unknown := sorted(named - applications.keys()):
        raise PackError(f"{FILE}: there are no applications {', '.join(unknown)}")
    return described


def _application(name: str, said: Fields) -> Fields:
    return {"charm": name, "channel": "latest/stable", "scale": 1, "trust": True, **said}


def _relations(pair: Sequence[str], charms: Mapping[str, Fields]) -> Iterator[Pair]:
    """Yield one relation, or one for each application of ours that has the endpoint."""
    one, other = pair
    if application(one) != EVERY:
        yield one, other
        return
    endpoint = one.partition(":")[2]
    for name, charm in charms.items():
        if endpoint in {**charm.get("provides", {}), **charm.get("requires", {})}:
            yield f"{name}:{endpoint}", other


def _bundle(name: str, bundles: Mapping[str, Fields]) -> BundleDescription:
    said = bundles[name]
    base = _bundle(said["of"], bundles) if "of" in said else BundleDescription("", (), {})
    return BundleDescription(
        said["description"], (*base.applications, *said["applications"]), {**base.options, **said.get("options", {})}
    )


def _overlay(said: Fields, charms: Mapping[str, Fields]) -> OverlayDescription:
    change: dict[str, Fields] = dict(said.get("change", {}))
    if "units" in said:
        change |= {name: {"scale": said["units"]} for name, charm in charms.items() if not charm.get("storage")}
    return OverlayDescription(
        said["says"],
        said.get("on", "kubeflow-lite"),
        tuple(said.get("add", ())),
        tuple(said.get("remove", ())),
        change,
    )
