"""Share the time of a run among its environments, so that each shows something wherever there is too little for all."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tools.test.environments import Environment

PLUGIN = "tests.support.deadline"
"""The plugin of pytest that begins no test after a deadline, and names those that it left out."""
LEFT_OUT = "left out for lack of time: "
"""How the line starts in which the plugin names them."""


def share(left: float, environments: Sequence[Environment]) -> float:
    """Return the seconds that the first of the environments may take of those that are left for all.

    Where there is enough for all, it gets all that the others do not need; where there is too little, its share.
    """
    needed = 60.0 * sum(environment.minutes for environment in environments)
    own = 60.0 * environments[0].minutes
    return left - (needed - own) if needed <= left else max(left, 0.0) * own / needed


def arguments(end: float | None, environments: Sequence[Environment]) -> list[str]:
    """Return what pytest gets for the first of the environments that are still to be run.

    Args:
        end: when all has to be over, as `time.time()` counts; None is never.
        environments: those to be run, in their order.
    """
    if end is None:
        return []
    now = time.time()
    return ["-p", PLUGIN, "--deadline", f"{now + share(end - now, environments):.0f}"]
