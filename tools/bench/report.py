"""What was measured, with budgets beside it and the run before."""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

import rich.box
from rich.table import Table
from rich.text import Text

HOOKS, HOOKS_PER_CONTAINER = 18, 1
CPU_SECONDS = 0.30
CALLS = 1.0
MEMORY = 1_200_000_000
SIZE = 8_000_000
FACTOR = 1.35

Events = Mapping[str, Mapping[str, int]]
"""How many hooks ran until all was active, by application and event."""


class Run(Protocol):
    """What is kept of a run: any dataclass that says of which bundle it is."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def bundle(self) -> str:
        """Its name."""
        ...


@dataclasses.dataclass(frozen=True)
class Application:
    """One application of the bundle.

    Attributes:
        charm: its charm.
        containers: how many its pod has besides the charm's.
        events: how many hooks ran until all was active, by event.
        seconds: CPU seconds of a hook that changes nothing.
        calls: Kubernetes calls of such a hook.
        memory: bytes that its charm container holds.
        size: bytes of the packed charm, or 0 if it is not of this repository.
    """

    charm: str
    containers: int
    events: Mapping[str, int]
    seconds: float
    calls: float
    memory: int
    size: int

    @property
    def hooks(self) -> int:
        """How many hooks ran until all was active."""
        return sum(self.events.values())


@dataclasses.dataclass(frozen=True)
class Empty:
    """So many empty charms.

    Attributes:
        count: how many.
        seconds: from `juju deploy` to all active.
        hook_seconds: CPU seconds of a hook.
        memory: bytes that their charm containers hold.
    """

    count: int
    seconds: float
    hook_seconds: float
    memory: int


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One run.

    Attributes:
        bundle: what was deployed.
        seconds: from `juju deploy` to all active.
        empty: as many empty charms as the bundle has applications; then as many as others need, if asked for.
        applications: by name.
    """

    bundle: str
    seconds: float
    empty: tuple[Empty, ...]
    applications: Mapping[str, Application]


@dataclasses.dataclass(frozen=True)
class Line:
    """One number: what it is, how large, in which unit, what it may be, and what it was."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    before: float | None = None

    @property
    def exceeded(self) -> bool:
        """Whether it is more than the budget."""
        return self.budget is not None and self.value > self.budget


def lines(found: Measurement, before: Mapping[str, Any] | None) -> list[Line]:
    """Return all numbers of a run.

    Args:
        found: the run.
        before: the run before as `recall` returns it, if there was one of the same bundle.
    """
    restored = _restore(before) if before else None
    earlier = {(line.what, line.unit): line.value for line in _lines(restored)} if restored else {}
    return [dataclasses.replace(line, before=earlier.get((line.what, line.unit))) for line in _lines(found)]


def table(bundle: str, listed: Iterable[Line]) -> Table:
    """Return the numbers as a table; what exceeds its budget is marked.

    An idle hook is one that changes nothing, and its calls are those to Kubernetes.
    """
    drawn = Table(title=f"{bundle}, measured", title_justify="left", box=rich.box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("what", overflow="fold")
    for heading in ("measured", "budget", "before", "unit", ""):
        drawn.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
    for line in listed:
        mark = Text("over", "bold red") if line.exceeded else Text("ok" if line.budget is not None else "")
        drawn.add_row(line.what, *(_write(value) for value in (line.value, line.budget, line.before)), line.unit, mark)
    return drawn


def by_event(title: str, found: Events) -> Table:
    """Return which events the hooks until active came from, the most frequent first."""
    total = collections.Counter[str]()
    drawn = Table(title=title, title_justify="left", box=rich.box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("application", no_wrap=True)
    drawn.add_column("hooks", justify="right")
    drawn.add_column("events", overflow="fold")
    for name, counted in found.items():
        total.update(counted)
        drawn.add_row(name, *_frequent(counted))
    drawn.add_row("all", *_frequent(total))
    return drawn


def _frequent(counted: Mapping[str, int]) -> tuple[str, str]:
    listed = ", ".join(f"{count} {name}" for name, count in collections.Counter(counted).most_common())
    return str(sum(counted.values())), listed


def recall(path: pathlib.Path, bundle: str) -> Mapping[str, Any] | None:
    """Return the run of a bundle that a file keeps, or None if there is none."""
    try:
        return json.loads(path.read_text()).get(bundle)
    except (FileNotFoundError, ValueError):
        return None


def remember(path: pathlib.Path, found: Run) -> None:
    """Keep a run in a file, in place of the last one of its bundle."""
    try:
        kept = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        kept = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kept, found.bundle: dataclasses.asdict(found)}, indent=1))


def _restore(content: Mapping[str, Any]) -> Measurement | None:
    """Return a run that was kept, or None if it was one of an earlier form."""
    try:
        applications = {name: Application(**values) for name, values in content["applications"].items()}
        empty = tuple(Empty(**values) for values in content["empty"])
        return Measurement(**{**content, "applications": applications, "empty": empty})
    except (KeyError, TypeError):
        return None


def _lines(found: Measurement) -> Iterable[Line]:
    yield Line("from juju deploy to all active", found.seconds, "s", FACTOR * found.empty[0].seconds)
    for empty in found.empty:
        yield Line(f"the same with {empty.count} empty charms", empty.seconds, "s")
    memory = sum(application.memory for application in found.applications.values())
    yield Line("memory of the charm side", memory / 1e6, "MB", MEMORY / 1e6)
    for empty in found.empty:
        yield Line(f"memory of {empty.count} empty charms", empty.memory / 1e6, "MB")
    yield Line("an empty charm: idle hook", found.empty[0].hook_seconds, "CPU s")
    for name, application in found.applications.items():
        yield Line(f"{name}: idle hook", application.seconds, "CPU s", CPU_SECONDS)
    for name, application in found.applications.items():
        yield Line(f"{name}: idle hook", application.calls, "calls", CALLS)
    for name, application in found.applications.items():
        allowed = HOOKS + HOOKS_PER_CONTAINER * application.containers
        yield Line(f"{name}: until active", application.hooks, "hooks", allowed)
    for application in {application.charm: application for application in found.applications.values()}.values():
        if application.size:
            yield Line(f"{application.charm}.charm", application.size / 1e6, "MB", SIZE / 1e6)


def _write(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.3f}"
