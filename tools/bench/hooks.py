"""What Juju's debug log says about hooks."""

from __future__ import annotations

import collections
import re

_RAN = re.compile(r"^unit-(?P<unit>\S+?)-\d+: \S+ INFO juju\.worker\.uniter\.operation ran \"(?P<hook>[^\"]+)\" hook")
_FAILED = re.compile(r"juju\.worker\.uniter\.operation hook \"(?P<hook>[^\"]+)\".* failed")


def ran(log: str) -> dict[str, int]:
    """Return how many hooks each application's units ran, all units together."""
    found: collections.Counter[str] = collections.Counter()
    for line in log.splitlines():
        match = _RAN.match(line)
        if match:
            found[match["unit"]] += 1
    return dict(found)


def failed(log: str) -> list[str]:
    """Return the lines that tell of a hook that failed; one that ended with its pod is run again and is none."""
    return [line for line in log.splitlines() if _FAILED.search(line)]
