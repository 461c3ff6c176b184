"""What `juju status` says of problems, and the log where that would be too long for a line of a table."""

import logging
import pathlib

from ..engine.problems import Blocked, Problem
from ..engine.remembered import same

logger = logging.getLogger(__name__)
LONGEST = 100  # characters of a status that says several things


def summary(problems: list[Problem], memory: pathlib.Path) -> str:
    """Return what is in the way, the worst first: all, or one thing and how many more are logged, once, by name.

    Args:
        problems: what a run has met.
        memory: a file of the unit with what was logged last.
    """
    ordered = sorted(problems, key=lambda item: not isinstance(item, Blocked))
    told = [text for problem in _once(ordered) for text in problem.told()]
    whole = "; ".join(told)
    if len(whole) <= LONGEST or len(told) == 1:
        return whole
    if not same(memory, whole):
        logger.warning("%s", whole)
        memory.write_text(whole)
    return f"{told[0]} (and {len(told) - 1} more; see log)"


def _once(problems: list[Problem]) -> list[Problem]:
    """Return problems without the waits of a plan for a relation that somebody is told to add."""
    asked = [str(item) for item in problems if isinstance(item, Blocked)]
    known = [item for item in problems if str(item).startswith("the relation ")]
    again = [item for item in known if any(f":{str(item).rpartition(' ')[2]} " in text for text in asked)]
    return [item for item in problems if item not in again]
