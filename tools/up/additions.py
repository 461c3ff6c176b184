"""What a model lacks of a bundle, added without touching what runs.

`juju deploy` of a bundle of files over a model takes every file for a newer charm and refreshes each application.
Source: `allowCharmUpgrade` in core/bundle/changes/handlers.go of Juju 3.6, which compares a path with a charm's URL.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import jubilant
from jubilant.statustypes import Status

from tools.up import deployment
from tools.up.overlays import application

Content = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Additions:
    """What is to be done.

    Attributes:
        bundle: the applications that are missing, with the relations among them; None if none is.
        relations: pairs of `application:endpoint` of which one end at least is there; some may be there already.
        options: those that overlays set, by application that is there.
        scales: the units that overlays say, likewise.
    """

    bundle: Content | None
    relations: Sequence[Sequence[str]]
    options: Mapping[str, Mapping[str, Any]]
    scales: Mapping[str, int]

    @classmethod
    def find(cls, content: Content, base: Content, status: Status) -> Additions:
        """Compare.

        Args:
            content: a bundle with overlays.
            base: the bundle without.
            status: of a model that has some of its applications.
        """
        applications: Mapping[str, Content] = content["applications"]
        missing = {name: it for name, it in applications.items() if name not in status.apps}
        relations: Sequence[Sequence[str]] = content.get("relations") or ()
        among = [pair for pair in relations if {*map(application, pair)} <= missing.keys()]
        changed = {
            name: (it, base["applications"].get(name, {})) for name, it in applications.items() if name not in missing
        }
        options = {
            name: {
                key: value
                for key, value in (it.get("options") or {}).items()
                if had.get("options", {}).get(key) != value
            }
            for name, (it, had) in changed.items()
        }
        return cls(
            {**content, "applications": missing, "relations": among} if missing else None,
            [pair for pair in _unrelated(relations, deployment.related(status)) if pair not in among],
            {name: found for name, found in options.items() if found},
            {name: it["scale"] for name, (it, had) in changed.items() if it.get("scale", 1) != had.get("scale", 1)},
        )

    def make(self, juju: jubilant.Juju) -> None:
        """Do all but deploy the missing applications.

        Raises:
            jubilant.CLIError: Juju refuses something.
        """
        for pair in self.relations:
            try:
                juju.integrate(*pair)
            except jubilant.CLIError as error:
                if "already exists" not in error.stderr:
                    raise
        for name, values in self.options.items():
            juju.config(name, values)
        for name, units in self.scales.items():
            juju.cli("scale-application", name, str(units))


def _unrelated(relations: Sequence[Sequence[str]], related: Collection[frozenset[str]]) -> Iterator[Sequence[str]]:
    """Yield the relations that are not known to be there: a status tells of applications, not of endpoints."""
    often = collections.Counter(frozenset(map(application, pair)) for pair in relations)
    for pair in relations:
        ends = frozenset(map(application, pair))
        if ends not in related or often[ends] > 1:
            yield pair
