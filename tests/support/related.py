"""A charm of the repository, related to published ones over every endpoint it has, without a line about any charm."""

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import yaml
from kubeflow_charms import Charm
from kubeflow_charms.relations.endpoints import Endpoint
from ops import testing

from . import goldens
from .charms import load_charm

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
ROOTS = tuple(sorted(path.parents[1] for path in CHARMS.glob("*/src/charm.py")))


@dataclasses.dataclass(frozen=True)
class Described:
    """What a charm's folder says of it.

    Attributes:
        root: the folder.
        metadata: charmcraft.yaml.
        charm_type: its class.
    """

    root: pathlib.Path
    metadata: dict[str, Any]
    charm_type: type[Charm]

    @classmethod
    def load(cls, root: pathlib.Path) -> "Described":
        """Return what the folder says."""
        module = load_charm(root)
        own = [
            item
            for item in vars(module).values()
            if isinstance(item, type) and issubclass(item, Charm) and item.__module__ == module.__name__
        ]
        return cls(root, yaml.safe_load((root / "charmcraft.yaml").read_text()), own[-1])

    def ends(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield role, name and description of each endpoint in charmcraft.yaml, but for peers."""
        for role in ("provides", "requires"):
            for name, fields in (self.metadata.get(role) or {}).items():
                yield role, name, fields

    def endpoints(self) -> dict[str, Endpoint]:
        """Return the endpoints that the charm's class declares, by name."""
        declared = [getattr(self.charm_type, name) for name in dir(self.charm_type)]
        return {item.name: item for item in declared if isinstance(item, Endpoint)}

    def relations(self, *writers: str) -> tuple[list[testing.Relation], list[testing.Secret]]:
        """Return relations over every endpoint to charms that have said all they have to say, and their secrets.

        An endpoint that charmcraft.yaml calls optional is left out if nobody has a golden for it.

        Args:
            *writers: `published` or `ours`: whose charms, the preferred ones first.
        """
        relations: list[testing.Relation] = []
        secrets: dict[str, testing.Secret] = {}
        endpoints = self.endpoints()
        interfaces = {fields["interface"] for _, _, fields in self.ends()}
        for role, name, fields in self.ends():
            try:
                found = goldens.said_to(endpoints[name], interfaces, writers) if name in endpoints else ({}, [])
            except LookupError:
                if role == "requires" and not fields.get("optional"):
                    raise
                continue
            databag, named = found
            relations.append(testing.Relation(name, remote_app_name=f"other-{name}", remote_app_data=databag))
            secrets |= {secret.id: secret for secret in named}
        return relations, list(secrets.values())
