"""What changed between two looks at a deployment, and what a person should be told about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from tools.up.advice import Advice, log_command, starts
from tools.up.deployment import Row, Verdict, verdict

PATIENCE = 20.0
"""Seconds that something may be blocked before a person is told; some blocks end by themselves."""

STALL = 120.0
"""Seconds without any change after which a deployment that needs somebody is given up."""

LONG = 180.0
"""Seconds after which waiting is long: a person is told what the message says to do, or where to look."""

LOOKS = 3
"""Looks in a row that have to find all active: units pass each other news for a moment after each is idle."""

GRACE = 60.0
"""Seconds that a refreshed application may look as before until it counts as done."""


@dataclasses.dataclass(frozen=True)
class Notice:
    """Something to tell.

    Attributes:
        text: what happened.
        help: the commands that help.
        urgent: whether it is an error or a block, not just progress.
    """

    text: str
    help: tuple[str, ...] = ()
    urgent: bool = False


class Progress:
    """Follows a deployment; times are seconds after its start.

    Args:
        advice: knows the commands that help.
        changing: applications that were told to change: they begin some seconds later, and are not done before.
    """

    def __init__(self, advice: Advice, changing: Iterable[str] = ()) -> None:
        self._advises = advice
        self._changing = set(changing)
        self._rows: dict[str, Row] = {}
        self._since: dict[str, float] = {}
        self._changed = 0.0
        self._told: set[tuple[str, str]] = set()
        self._stable = 0
        self.verdict = Verdict.UNDERWAY

    def update(self, rows: Sequence[Row], now: float) -> list[Notice]:
        """Take note of what was found, and return what to tell about it, the most urgent last."""
        notices: list[Notice] = []
        for row in rows:
            if self._rows.get(row.application) != row:
                self._changed = now
                notices += _change(self._rows.get(row.application), row)
                self._since[row.application] = now
        self._rows = {row.application: row for row in rows}
        self.verdict = verdict(rows)
        self._changing -= {row.application for row in rows if not row.finished or now >= GRACE}
        self._stable = self._stable + 1 if self.verdict is Verdict.ACTIVE and not self._changing else 0
        return [*notices, *self._advice(rows, now)]

    @property
    def done(self) -> bool:
        """Whether all was active at enough looks in a row."""
        return self._stable >= LOOKS

    def stalled(self, now: float) -> bool:
        """Whether it needs somebody, and nothing has changed for long.

        What waits, and says what a person can do, needs somebody after a while, unless others still start.
        """
        if self.verdict is Verdict.NEEDS_SOMEBODY:
            return now - self._changed >= STALL
        unfinished = self.unfinished()
        asking = any(row.status == "waiting" and self._advises.named(row) for row in unfinished)
        return asking and not any(map(starts, unfinished)) and now - self._changed >= LONG

    def age(self, application: str, now: float) -> float:
        """Return for how long an application has said what it says, in seconds."""
        return now - self._since.get(application, now)

    def unfinished(self) -> list[Row]:
        """Return what is not active at the last look."""
        return [row for row in self._rows.values() if not row.finished]

    def _advice(self, rows: Sequence[Row], now: float) -> Iterator[Notice]:
        for row in rows:
            for unit in row.failed:
                if self._first(unit, row.message):
                    text = f"{unit} is in error: {row.message or 'its agent does not say why'}"
                    yield Notice(text, (log_command(self._advises.model, unit),), urgent=True)
            waited = self.age(row.application, now) >= PATIENCE
            if row.status == "blocked" and waited and self._first(row.application, row.message):
                text = f"{row.application} is blocked: {row.message or 'it does not say why'}"
                yield Notice(text, tuple(self._advises.help(row)), urgent=True)
            late = row.status in ("waiting", "maintenance") and self.age(row.application, now) >= LONG
            if late and (help := self._advises.help(row)) and self._first(row.application, row.message):
                said = f": {row.message}" if row.message else ""
                yield Notice(f"{row.application} waits for {LONG / 60:.0f} minutes{said}", tuple(help), urgent=True)

    def _first(self, name: str, message: str) -> bool:
        """Tell whether this was not told yet."""
        new = (name, message) not in self._told
        self._told.add((name, message))
        return new


def _change(before: Row | None, row: Row) -> Iterator[Notice]:
    """Yield what to tell of a row that changed, if more than its counts did."""
    if before is None or (before.status, before.message, before.finished) != (row.status, row.message, row.finished):
        settling = " (a hook runs)" if row.status == "active" and not row.settled else ""
        yield Notice(f"{row.application}: {row.status}{settling}{f': {row.message}' if row.message else ''}")
