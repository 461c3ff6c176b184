"""What Juju's debug log says about hooks."""

from __future__ import annotations

import collections
import re

_RAN = re.compile(
    r"^unit-(?P<application>\S+?)-\d+: \S+ \S+ juju\.worker\.uniter\.operation "
    r"(?:ran \"[^\"]+\" hook|hook \"[^\"]+\" was terminated)"
)
_FAILED = re.compile(r"juju\.worker\.uniter\S* (?:hook \"[^\"]+\".* failed|awaiting error resolution)")


def ran(log: str) -> dict[str, int]:
    """Return how many hooks each application's units ran, to their end or to their pod's, all units together."""
    found: collections.Counter[str] = collections.Counter()
    for line in log.splitlines():
        match = _RAN.match(line)
        if match:
            found[match["application"]] += 1
    return dict(found)


def failed(log: str) -> list[str]:
    """Return the lines that tell of a hook that failed.

    One that was `terminated` with its pod is queued anew and is none; one that Juju had marked as begun when the pod
    ended counts as failed to it, and awaits `error resolution`.
    """
    return [line for line in log.splitlines() if _FAILED.search(line)]
