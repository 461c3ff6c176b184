"""A set: what belongs together of one backup, as a folder with a file that tells what there is."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import Any

import yaml

from tools.up.errors import Refusal

INDEX, PROFILES, VOLUMES = "set.yaml", "profiles.yaml", "volumes"
FORMAT = 1
Counts = dict[str, tuple[int, int]]
"""Of each table, by DATABASE.TABLE: the fewest and the most rows that it had meanwhile; -1 while it was not there."""


@dataclasses.dataclass(frozen=True)
class Volume:
    """A user's volume, whose files are in an archive of the set.

    Attributes:
        namespace, name: the claim's.
        size: what it asks for, as Kubernetes writes it.
        modes: how it may be used.
        storage_class: empty for the cluster's default.
        digest: SHA-256 of the archive.
        used: whether a pod had it meanwhile, so that a file that was written may be half.
    """

    namespace: str
    name: str
    size: str
    modes: tuple[str, ...]
    storage_class: str
    digest: str
    used: bool

    def archive(self, folder: pathlib.Path) -> pathlib.Path:
        """Return where its files are, packed."""
        return folder / VOLUMES / self.namespace / f"{self.name}.tar.gz"


@dataclasses.dataclass(frozen=True)
class Set:
    """What a set has.

    Attributes:
        made: when it was begun, in UTC.
        model: Juju's.
        database: the application of the database.
        backup: the identifier of its backup, which is in the store with the objects.
        rows: of its tables.
        endpoint: the store elsewhere that has the objects.
        buckets: how many objects each bucket had when they were copied.
        volumes: of users.
    """

    made: str
    model: str
    database: str
    backup: str
    rows: Counts
    endpoint: str
    buckets: dict[str, int]
    volumes: tuple[Volume, ...] = ()

    def write(self, folder: pathlib.Path) -> None:
        """Write it down; a folder without this file is no set, but one that was broken off."""
        content = {"format": FORMAT, **dataclasses.asdict(self)}
        content["rows"] = {name: list(span) for name, span in self.rows.items()}
        content["volumes"] = [{**dataclasses.asdict(item), "modes": list(item.modes)} for item in self.volumes]
        (folder / INDEX).write_text(yaml.safe_dump(content, sort_keys=False))

    @classmethod
    def read(cls, folder: pathlib.Path) -> Set:
        """Return what a folder has.

        Raises:
            Refusal: it is no set, or was not finished.
        """
        try:
            content: dict[str, Any] = yaml.safe_load((folder / INDEX).read_text())
            if content.pop("format") != FORMAT:
                raise Refusal(f"{folder / INDEX} is of another release of these tools")
            volumes = tuple(Volume(**{**item, "modes": tuple(item["modes"])}) for item in content.pop("volumes"))
            rows = {name: (low, high) for name, (low, high) in content.pop("rows").items()}
            return cls(**content, rows=rows, volumes=volumes)
        except FileNotFoundError as error:
            raise Refusal(f"there is no {folder / INDEX}: no set, or one that was not finished") from error
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refusal(f"{folder / INDEX} cannot be read: {error}") from error


def digest(path: pathlib.Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
