"""Where things are in this repository."""

from __future__ import annotations

import dataclasses
import pathlib


class PackError(Exception):
    """Something a person has to put right before packing; the message says what and how."""


@dataclasses.dataclass(frozen=True)
class Repository:
    """The folders and files that packing reads; tests make small ones of their own.

    Attributes:
        root: of the repository.
        folder: where its charms are, a folder of the root.
    """

    root: pathlib.Path = pathlib.Path(__file__).resolve().parents[2]
    folder: str = "charms"

    @property
    def library(self) -> pathlib.Path:
        """The project of the library that every charm carries."""
        return self.root / "lib"

    @property
    def lock(self) -> pathlib.Path:
        """Every dependency with its version and hashes."""
        return self.root / "requirements.lock"

    @property
    def licence(self) -> pathlib.Path:
        """The licence, which goes into every archive."""
        return self.root / "LICENSE"

    @property
    def charms(self) -> list[str]:
        """The names of all charms, by folder."""
        return sorted(path.parent.name for path in self.root.glob(f"{self.folder}/*/charmcraft.yaml"))

    @property
    def bundles(self) -> list[str]:
        """The names of all bundles, by folder."""
        return sorted(path.parent.name for path in self.root.glob("bundles/*/bundle.yaml"))

    def charm(self, name: str) -> pathlib.Path:
        """Give a charm's folder.

        Raises:
            PackError: when there is no such charm.
        """
        if name not in self.charms:
            raise PackError(
                f"there is no charm {name!r} in {self.folder}/; there are: {', '.join(self.charms) or 'none'}"
            )
        return self.root / self.folder / name

    def bundle(self, name: str) -> pathlib.Path:
        """Give a bundle's folder.

        Raises:
            PackError: when there is no such bundle.
        """
        if name not in self.bundles:
            raise PackError(f"there is no bundle {name!r} in bundles/, only {', '.join(self.bundles)}")
        return self.root / "bundles" / name
