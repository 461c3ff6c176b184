"""Read how many tests passed from what pytest prints."""

from __future__ import annotations

import collections
import dataclasses
import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SUMMARY = re.compile(r"=* ?((?:\d+ [a-z]+,? ?)+|no tests ran ?)in [\d.]+s(?: \([\d:]+\))? ?=*")
_COUNT = re.compile(r"(\d+) ([a-z]+)")


@dataclasses.dataclass(frozen=True)
class Count:
    """How tests ended; an error outside of a test counts as a failure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        """Return both together."""
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        """Write it as the plain line that many programs understand."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


NAMES: dict[str, str] = {
    "passed": "passed",
    "xfailed": "passed",
    "failed": "failed",
    "error": "failed",
    "errors": "failed",
    "xpassed": "failed",
    "skipped": "skipped",
}
"""What each of pytest's words counts as; `xpassed` fails, as `xfail_strict` is set. Others are no results."""


def count(line: str) -> Count | None:
    """Return what a line sums up, or None if it is not the last line of a run of pytest."""
    match = _SUMMARY.fullmatch(_COLOUR.sub("", line).strip())
    if not match:
        return None
    totals = collections.Counter[str]()
    for found in _COUNT.finditer(match[1]):
        number, word = found[1], found[2]
        if word in NAMES:
            totals[NAMES[word]] += int(number)
    return Count(totals["passed"], totals["failed"], totals["skipped"])
