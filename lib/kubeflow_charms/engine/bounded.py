"""Waiting within a hook, which is bounded: Juju runs no other hook of the unit meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], ready: Callable[[Found], object], *, patience: float, pause: float = 0.1) -> Found:
    """Return what is found as soon as it is ready, or as it is when that was waited for long enough.

    Args:
        look: finds it.
        ready: tells whether it is as far as is waited for.
        patience: seconds that are waited; 0 to look once.
        pause: seconds between the first two looks; it doubles, up to a second.
    """
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if ready(found) or time.monotonic() + pause > deadline:
            return found
        time.sleep(pause)
        pause = min(pause * 2, 1)
