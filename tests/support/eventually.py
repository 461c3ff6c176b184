"""Wait for what will be so soon, by looking again and again."""

import time
from collections.abc import Callable
from typing import TypeVar

import httpx2
import jubilant

Seen = TypeVar("Seen")

PAUSE = 1.0
FIRST_PAUSE = 0.1
"""Much is so a moment later; what takes long is asked after less often, as a look may be a whole process."""
TIMEOUT = 240.0
LATE = 480.0
"""Longer than units wait, as a rule, before they look around by themselves: what Juju tells them late is known then."""

NOT_YET = (AssertionError, LookupError, httpx2.HTTPError, jubilant.CLIError, jubilant.TaskError)
"""What a look raises while a pod, a route or an answer is not there yet."""


def eventually(look: Callable[[], Seen], timeout: float = TIMEOUT) -> Seen:
    """Look until what is seen is true, and return it.

    Args:
        look: returns what it sees; what it asserts counts as not seen yet.
        timeout: seconds.

    Raises:
        AssertionError: it was not so in time; the message holds what was seen last.
    """
    deadline, pause = time.monotonic() + timeout, FIRST_PAUSE
    while True:
        try:
            seen, why = look(), ""
        except NOT_YET as error:
            seen, why = None, f"{type(error).__name__}: {error}"
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not so after {timeout:.0f} s: {why or repr(seen)}"
        time.sleep(pause)
        pause = min(2 * pause, PAUSE)
