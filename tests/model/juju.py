"""What Juju knows of a model: applications, units, relations and secrets."""

import collections
import dataclasses
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import ops
from ops import testing
from support.filesystem import Written

from .bundle import End
from .steps import Step

Content = dict[str, str]

SETUP = ("storage", "install", "relations", "config", "start", "running", "gone")
"""A unit's life; in each phase it runs what the phase is named after, `relations` being their relation-created."""


@dataclasses.dataclass
class Relation:
    """A relation between two applications, or a peer relation, which has one end.

    Attributes:
        number: Juju's identifier.
        ends: each application with its endpoint.
        application_data: the applications' databags.
        unit_data: the units' databags, of those that are in the relation's scope.
        ending: it is being removed.
    """

    number: int
    ends: tuple[End, ...]
    application_data: dict[str, Content] = dataclasses.field(default_factory=dict)
    unit_data: dict[str, Content] = dataclasses.field(default_factory=dict)
    ending: bool = False

    @property
    def peer(self) -> bool:
        """Whether it is a peer relation."""
        return len(self.ends) == 1

    def endpoint(self, application: str) -> str:
        """Return an application's endpoint in it."""
        return next(endpoint for name, endpoint in self.ends if name == application)

    def other(self, application: str) -> str:
        """Return the application at the other end; a peer's own."""
        return next((name for name, _ in self.ends if name != application), application)

    def __str__(self) -> str:
        return f"{self.ends[0][1]}:{self.number}"


@dataclasses.dataclass
class Secret:
    """A secret.

    Attributes:
        identifier: Juju's.
        owner: an application, or empty for a user's.
        label: by which its owner knows it.
        revisions: contents, the oldest first.
        grants: applications by the relation that they were granted it over; 0 for a user's grant.
        readers: which revision each unit that has read it has.
        labels: by which units of other applications know it.
    """

    identifier: str
    owner: str
    label: str | None
    revisions: list[Content]
    grants: dict[int, set[str]] = dataclasses.field(default_factory=dict)
    readers: dict[str, int] = dataclasses.field(default_factory=dict)
    labels: dict[str, str] = dataclasses.field(default_factory=dict)

    def visible(self, application: str) -> bool:
        """Tell whether an application may read it."""
        return application == self.owner or any(application in names for names in self.grants.values())

    def __str__(self) -> str:
        return f"{self.owner or 'user'}/{self.label or self.identifier}"


@dataclasses.dataclass
class Hook:
    """A hook that has run: which one, how the unit was then, and what it logged."""

    step: Step
    status: ops.StatusBase
    log: tuple[str, ...]
    calls: int


@dataclasses.dataclass
class Unit:
    """A unit, and the pod that it runs in.

    Attributes:
        name: such as `dex-auth/0`.
        application: its application.
        context: of the testing framework.
        folder: what its charm container holds.
        phase: one of `SETUP`.
        first: what runs before anything else.
        lanes: what else is due, in order within each lane.
        containers: its workloads, by name.
        files: what is in them, by container and path.
        told: relations whose relation-created has run.
        joined: units on the other side of each relation that it knows of.
        parted: relations whose relation-broken has run.
        hooks: those that have run.
    """

    name: str
    application: "Application"
    context: testing.Context[Any]
    folder: pathlib.Path
    phase: str = SETUP[0]
    first: collections.deque[Step] = dataclasses.field(default_factory=collections.deque)
    lanes: dict[str, collections.deque[Step]] = dataclasses.field(default_factory=dict)
    containers: dict[str, testing.Container] = dataclasses.field(default_factory=dict)
    storages: frozenset[testing.Storage] = frozenset()
    files: dict[str, dict[str, Written]] = dataclasses.field(default_factory=dict)
    status: ops.StatusBase = dataclasses.field(default_factory=lambda: ops.WaitingStatus("installing agent"))
    ports: frozenset[testing.Port] = frozenset()
    told: set[int] = dataclasses.field(default_factory=set)
    joined: dict[int, set[str]] = dataclasses.field(default_factory=dict)
    parted: set[int] = dataclasses.field(default_factory=set)
    hooks: list[Hook] = dataclasses.field(default_factory=list)

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.name.rpartition("/")[2])

    @property
    def address(self) -> str:
        """Its pod's."""
        return f"10.1.0.{self.number + 1}"

    @property
    def started(self) -> bool:
        """Whether start has run in its pod, or runs."""
        return self.reached("start") and not any(step.what == "start" for step in self.first)

    @property
    def said(self) -> str:
        """The message of its status, or the line of its log that the message stands for."""
        first, _, more = self.status.message.partition(" (and ")
        if not more.endswith("see log)"):
            return self.status.message
        lines = (line for hook in reversed(self.hooks) for line in hook.log)
        return next(line for line in lines if line.startswith(f"{first}; "))

    @property
    def leads(self) -> bool:
        """Whether it is its application's leader."""
        return self.application.leader == self.name

    @property
    def marker(self) -> pathlib.Path:
        """The file by which the charm knows its own pod."""
        return self.folder / "pod"

    @property
    def well(self) -> bool:
        """Whether it is active, or one too many of an application that keeps its data in one unit and says so."""
        surplus = f"juju scale-application {self.application.name} 1"
        spare = self.number > 0 and isinstance(self.status, ops.BlockedStatus) and surplus in self.said
        return spare or isinstance(self.status, ops.ActiveStatus)

    def reached(self, phase: str) -> bool:
        """Tell whether its life has come to a phase, or is beyond."""
        return SETUP.index(self.phase) >= SETUP.index(phase)

    def due(self, lane: str, *steps: Step) -> None:
        """Let steps come after what else is due in a lane; one that is due there already comes once."""
        queue = self.lanes.setdefault(lane, collections.deque())
        queue.extend(step for step in steps if step not in queue)

    def knows(self, relation: "Relation") -> bool:
        """Tell whether hooks of it see a relation."""
        there = relation.number in self.told if relation.ending else self.reached("relations")
        return there and relation.number not in self.parted

    def step(self, what: str, subject: str = "", remote: str = "") -> Step:
        """Return a step of this unit."""
        return Step(self.name, what, subject, remote)


@dataclasses.dataclass
class Application:
    """An application of a charm of the repository.

    Attributes:
        name: its name.
        meta: the charm's metadata.
        config: options as they are set.
        units: by name.
        leader: the leader's name; empty before there is one.
        ending: it is being removed.
    """

    name: str
    meta: dict[str, Any]
    config: dict[str, Any]
    units: dict[str, Unit] = dataclasses.field(default_factory=dict)
    leader: str = ""
    ending: bool = False

    @property
    def planned(self) -> int:
        """How many units are to be there."""
        return 0 if self.ending else len(self.units)


@dataclasses.dataclass
class Model:
    """A model.

    Attributes:
        name: also of its namespace.
        uuid: Juju's.
        outsiders: applications of other publishers, and their charms.
    """

    name: str
    uuid: str
    outsiders: dict[str, str] = dataclasses.field(default_factory=dict)
    applications: dict[str, Application] = dataclasses.field(default_factory=dict)
    relations: dict[int, Relation] = dataclasses.field(default_factory=dict)
    secrets: dict[str, Secret] = dataclasses.field(default_factory=dict)
    _numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    @property
    def units(self) -> list[Unit]:
        """All units that are there."""
        return [
            unit
            for application in self.applications.values()
            for unit in application.units.values()
            if unit.phase != "gone"
        ]

    def unit(self, name: str) -> Unit:
        """Return a unit by name."""
        return self.applications[name.rpartition("/")[0]].units[name]

    def relate(self, *ends: End) -> Relation:
        """Add a relation."""
        relation = Relation(next(self._numbers), ends)
        relation.application_data = {name: {} for name, _ in ends}
        self.relations[relation.number] = relation
        return relation

    def relations_of(self, application: str) -> list[Relation]:
        """Return an application's relations, oldest first."""
        return [item for item in self.relations.values() if application in dict(item.ends)]

    def units_of(self, application: str) -> list[Unit]:
        """Return an application's units that are there; none if it is another publisher's."""
        found = self.applications.get(application)
        return [unit for unit in found.units.values() if unit.phase != "gone"] if found else []
