"""What a bundle.yaml says, and the same with charms from files instead of a store."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from jubilant.statustypes import Status

from tools.pack import bundle
from tools.pack.repository import Repository
from tools.up import deployment, overlays
from tools.up.overlays import Overlay


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle of this repository.

    Attributes:
        name: its name, in the store and as its folder in bundles/.
        base: bundle.yaml.
        overlays: what changes it, in the order in which it counts.
    """

    name: str
    base: Mapping[str, Any]
    overlays: tuple[Overlay, ...] = ()

    @classmethod
    def load(cls, repository: Repository, name: str) -> Bundle:
        """Read a bundle.

        Raises:
            PackError: there is no such bundle, or it is none.
        """
        return cls(name, bundle.load(repository.bundle(name)))

    def with_overlays(self, chosen: Iterable[Overlay]) -> Bundle:
        """Return the bundle as these overlays change it."""
        return dataclasses.replace(self, overlays=tuple(chosen))

    @functools.cached_property
    def content(self) -> Mapping[str, Any]:
        """What bundle.yaml and the overlays come to."""
        return overlays.merged(self.base, self.overlays)

    @property
    def left_out(self) -> list[str]:
        """The applications that overlays change and nobody brings."""
        return overlays.left_out(self.base, self.overlays)

    @property
    def charms(self) -> dict[str, str]:
        """The charm of each application, by the name the store has it under."""
        applications: Mapping[str, Mapping[str, Any]] = self.content["applications"]
        return {
            name: str(application.get("charm", name)).removeprefix("ch:") for name, application in applications.items()
        }

    @property
    def relations(self) -> set[frozenset[str]]:
        """The pairs of applications that are related."""
        return {
            frozenset(endpoint.partition(":")[0] for endpoint in relation)
            for relation in self.content.get("relations") or ()
        }

    @property
    def partners(self) -> dict[str, str]:
        """The other end of each relation, by `APPLICATION:ENDPOINT`."""
        ends = [tuple(relation) for relation in self.content.get("relations") or ()]
        return {one: other for pair in ends for one, other in (pair, pair[::-1])}

    def is_in(self, status: Status) -> bool:
        """Tell whether a model has all applications and relations of the bundle."""
        return self.charms.keys() <= status.apps.keys() and self.relations <= deployment.related(status)

    def from_files(
        self, archives: Mapping[str, pathlib.Path], images: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        """Return the whole bundle with charms from files; Juju then needs their images named, too.

        Args:
            archives: files by charm, below the folder of the bundle.yaml to write.
            images: the image of each resource, by charm.
        """
        content = copy.deepcopy(dict(self.content))
        for name, charm in self.charms.items():
            if charm not in archives:
                continue
            application = content["applications"][name]
            application.pop("channel", None)
            application["charm"] = f"./{archives[charm].name}"
            application["resources"] = {**images.get(charm, {}), **application.get("resources", {})}
        return content
