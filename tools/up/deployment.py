"""What Juju's status says about a deployment: a row for each application, and whether it is finished."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator

from jubilant.statustypes import AppStatus, Status, UnitStatus

WORST_FIRST = ("error", "blocked", "waiting", "maintenance", "active")
"""Statuses of workloads; what is not among them, such as `unknown` or `running`, counts as `waiting`."""


class Verdict(enum.Enum):
    """How far a deployment is."""

    ACTIVE = "active"
    """All is active, and no hook runs or is about to."""

    UNDERWAY = "underway"
    NEEDS_SOMEBODY = "needs somebody"
    """Something is blocked or in error; it may still go on by itself."""


@dataclasses.dataclass(frozen=True)
class Row:
    """An application.

    Attributes:
        application: its name.
        units: how many units there are of how many wanted, such as `1/1`.
        status: the worst of the application and its units.
        message: what that one says, usually what it waits for.
        settled: whether every wanted unit is there and idle.
        failed: the units in error.
    """

    application: str
    units: str
    status: str
    message: str
    settled: bool
    failed: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether it is active and will stay so."""
        return self.status == "active" and self.settled


def rows(status: Status, expected: Iterable[str]) -> list[Row]:
    """Return a row for each application that is expected, there or not, and for each other one of the model."""
    names = [*expected, *(name for name in sorted(status.apps))]
    return [_row(name, status.apps.get(name)) for name in dict.fromkeys(names)]


def verdict(found: Iterable[Row]) -> Verdict:
    """Return how far a deployment is that consists of these rows; one of none is underway."""
    listed = list(found)
    if listed and all(row.finished for row in listed):
        return Verdict.ACTIVE
    if any(row.failed or row.status in ("blocked", "error") for row in listed):
        return Verdict.NEEDS_SOMEBODY
    return Verdict.UNDERWAY


def address(status: Status) -> str:
    """Return where users find the deployment, as the control plane of the mesh or else its gateway says; or ""."""
    for charm in ("istio-pilot", "istio-gateway"):
        for application in status.apps.values():
            message = application.app_status.message
            active = application.charm_name == charm and application.app_status.current == "active"
            if active and message and " " not in message:
                return message if "://" in message else f"http://{message}"
    return ""


def applications_of(status: Status, charm: str) -> list[str]:
    """Return the names of the applications of a charm."""
    return [name for name, application in status.apps.items() if application.charm_name == charm]


def related(status: Status) -> set[frozenset[str]]:
    """Return the pairs of applications that are related; an application related to itself alone is a single."""
    return {
        frozenset((name, relation.related_app))
        for name, application in status.apps.items()
        for relations in application.relations.values()
        for relation in relations
    }


def _row(name: str, application: AppStatus | None) -> Row:
    if application is None:
        return Row(name, "0/1", "waiting", "not deployed yet", settled=False)
    units = application.units
    settled = len(units) >= max(application.scale, 1) and all(map(_idle, units.values()))
    status, message = _worst(application)
    if application.life in ("dying", "dead"):
        status, message, settled = "waiting", "is being removed", False
    failed = tuple(sorted(unit for unit, found in units.items() if _in_error(found)))
    return Row(name, f"{len(units)}/{application.scale}", status, message, settled, failed)


def _worst(application: AppStatus) -> tuple[str, str]:
    return min(_statuses(application), key=lambda found: WORST_FIRST.index(found[0]))


def _statuses(application: AppStatus) -> Iterator[tuple[str, str]]:
    """Yield what units say before what the application says, which is often the same in fewer words."""
    for unit in application.units.values():
        agent = unit.juju_status
        if _in_error(unit):
            yield "error", unit.workload_status.message or agent.message
        elif agent.current == "lost":
            yield "waiting", "its pod starts, or starts again"
        else:
            yield _known(unit.workload_status.current), unit.workload_status.message
    if application.app_status.current != "unset" or not application.units:
        yield _known(application.app_status.current), application.app_status.message


def _known(status: str) -> str:
    return status if status in WORST_FIRST else "waiting"


def _idle(unit: UnitStatus) -> bool:
    return unit.juju_status.current == "idle" and not unit.upgrading_from


def _in_error(unit: UnitStatus) -> bool:
    """Tell whether a hook failed; an agent that is merely `lost` is in a pod that starts again."""
    lost = unit.juju_status.current == "lost"
    return not lost and (unit.workload_status.current == "error" or unit.juju_status.current in ("error", "failed"))
