"""What a bundle.yaml says, and the same with charms from files instead of a store."""

from __future__ import annotations

import copy
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from jubilant.statustypes import Status

from tools.pack import bundle
from tools.pack.repository import Repository
from tools.up import deployment


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle of this repository.

    Attributes:
        name: its name, in the store and as its folder in bundles/.
        content: bundle.yaml.
    """

    name: str
    content: Mapping[str, Any]

    @classmethod
    def load(cls, repository: Repository, name: str) -> Bundle:
        """Read a bundle.

        Raises:
            PackError: there is no such bundle, or it is none.
        """
        return cls(name, bundle.load(repository.bundle(name)))

    @property
    def charms(self) -> dict[str, str]:
        """The charm of each application, by the name the store has it under."""
        applications: Mapping[str, Mapping[str, Any]] = self.content["applications"]
        return {name: str(application["charm"]).removeprefix("ch:") for name, application in applications.items()}

    @property
    def relations(self) -> set[frozenset[str]]:
        """The pairs of applications that are related."""
        return {
            frozenset(endpoint.partition(":")[0] for endpoint in relation)
            for relation in self.content.get("relations") or ()
        }

    def is_in(self, status: Status) -> bool:
        """Tell whether a model has all applications and relations of the bundle."""
        return self.charms.keys() <= status.apps.keys() and self.relations <= deployment.related(status)

    def from_files(
        self, archives: Mapping[str, pathlib.Path], images: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        """Return bundle.yaml with charms from files; Juju then needs their images named, too.

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
