"""What was looked at, and what came of it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Sequence
from typing import Any


class Level(enum.IntEnum):
    """How bad it is."""

    FINE = 0
    UNKNOWN = 1
    """It could not be told."""

    NOTE = 2
    """It works, or may; somebody should know."""

    WRONG = 3
    """Something does not work, or will not."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what it is, the same in every run, such as `rbac` or `disk of node edge`.
        level: how bad it is.
        text: what was found.
        help: the commands that help, the best first.
    """

    subject: str
    level: Level
    text: str
    help: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON has it."""
        return {"subject": self.subject, "level": self.level.name.lower(), "text": self.text, "help": list(self.help)}


def fine(subject: str, text: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding(subject, Level.FINE, text)


def unknown(subject: str, text: str, *help: str) -> Finding:
    """Return a finding of something that could not be told."""
    return Finding(subject, Level.UNKNOWN, text, help)


def note(subject: str, text: str, *help: str) -> Finding:
    """Return a finding that somebody should know."""
    return Finding(subject, Level.NOTE, text, help)


def wrong(subject: str, text: str, *help: str) -> Finding:
    """Return a finding of something that does not work."""
    return Finding(subject, Level.WRONG, text, help)


def cause(found: Iterable[Finding]) -> Finding | None:
    """Return what most likely is behind all that is wrong: the first, as what others rest on is looked at first."""
    return next((finding for finding in found if finding.level is Level.WRONG), None)


def text(found: Sequence[Finding], *, every: bool) -> list[str]:
    """Return the findings as lines for a person, the cause first.

    Args:
        found: in the order in which they were looked for.
        every: whether what is fine is told, too.
    """
    lines: list[str] = []
    first = cause(found)
    if first is not None:
        lines += [f"most likely: {first.subject}: {first.text}", *(f"    {command}" for command in first.help[:1]), ""]
    for finding in sorted(found, key=lambda finding: -finding.level):
        if finding.level is Level.FINE and not every:
            continue
        lines.append(f"{finding.level.name.lower():8}{finding.subject}: {finding.text}")
        lines += [f"            {command}" for command in finding.help]
    if first is None:
        lines.append("nothing is wrong" if found else "nothing was looked at")
    return lines


def document(found: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as JSON has them."""
    first = cause(found)
    return {"cause": first.document() if first else None, "findings": [finding.document() for finding in found]}
