"""What Juju's debug log says about hooks."""

from __future__ import annotations

import collections
import re
from collections.abc import Collection

_RAN = re.compile(
    r"^unit-(?P<application>\S+?)-\d+: \S+ \S+ juju\.worker\.uniter\.operation "
    r"(?:ran \"(?P<ran>[^\"]+)\" hook|hook \"(?P<ended>[^\"]+)\" was terminated)"
)
_SUBJECT = re.compile(r"^.+-((?:relation|pebble|storage)-.+)$")
"""A hook's name that says of which relation, container or storage it is."""
_LINE = re.compile(r"^(?P<unit>\S+): \d\d:\d\d:\d\d (?P<level>[A-Z]+) ")
_FAILED = re.compile(r"juju\.worker\.uniter\S* (?:hook \"[^\"]+\".* failed|awaiting error resolution)")
_ENDED = re.compile(r"juju\.worker\.uniter\S* hook \"(?P<hook>[^\"]+)\".* failed")
_AWAITED = re.compile(r"juju\.worker\.uniter\S* awaiting error resolution for \"(?P<hook>[^\"]+)\" hook")


def ran(log: str) -> dict[str, dict[str, int]]:
    """Return how many hooks each application's units ran, by event, to their end or to their pod's, all together."""
    found: dict[str, collections.Counter[str]] = {}
    for line in log.splitlines():
        if match := _RAN.match(line):
            counted = found.setdefault(match["application"], collections.Counter())
            counted[event(match["ran"] or match["ended"])] += 1
    return {application: dict(counted) for application, counted in found.items()}


def event(hook: str) -> str:
    """Return a hook's event, whatever relation, container or storage it is of."""
    return _SUBJECT.sub(r"\1", hook)


def failed(log: str, excused: Collection[tuple[str, str]] = ()) -> list[str]:
    """Return the lines that tell of a hook that failed.

    One that was `terminated` with its pod is queued anew and is none; one that Juju had marked as begun when the pod
    ended counts as failed to it, and awaits `error resolution`.

    Args:
        log: Juju's.
        excused: unit and hook of those that do not count, although they were awaited; see `broken_off`.
    """
    return [line for line in log.splitlines() if _FAILED.search(line) and _named(line, _AWAITED) not in excused]


def broken_off(log: str) -> set[tuple[str, str]]:
    """Return unit and hook of those that ended with Juju's agent, not by themselves; it runs them again."""
    lines = log.splitlines()
    awaited, ended = ({_named(line, pattern) for line in lines} for pattern in (_AWAITED, _ENDED))
    return {found for found in awaited - ended if found}


def _named(line: str, pattern: re.Pattern[str]) -> tuple[str, str] | None:
    found = pattern.search(line)
    unit, _, number = line.partition(":")[0].removeprefix("unit-").rpartition("-")
    return (f"{unit}/{number}", found["hook"]) if found else None


def complaints(log: str) -> dict[str, list[str]]:
    """Return the warnings and errors of each unit that had a hook fail, tracebacks with them, as they were logged."""
    troubled = {line.partition(":")[0] for line in failed(log)}
    found: dict[str, list[str]] = {unit: [] for unit in sorted(troubled)}
    told: list[str] = []
    for line in log.splitlines():
        match = _LINE.match(line)
        if match:  # Another line goes on with the message of the one before it.
            told = found.get(match["unit"], []) if match["level"] in ("WARNING", "ERROR", "CRITICAL") else []
        told.append(line)
    return found
