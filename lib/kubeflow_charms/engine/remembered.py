"""What a unit remembers in a file between hooks, so as not to ask again in each of the many of a deployment."""

import pathlib
import time


def recent(memory: pathlib.Path, seconds: float) -> bool:
    """Tell whether a file was written no longer ago than some seconds.

    Args:
        memory: the file; the unit's own, and gone with its pod.
        seconds: how long it counts.
    """
    try:
        # One from the future was kept by a clock that has been set back since.
        return 0 <= time.time() - memory.stat().st_mtime < seconds
    except FileNotFoundError:
        return False


def same(memory: pathlib.Path, text: str) -> bool:
    """Tell whether a file says a text."""
    return memory.exists() and memory.read_text() == text
