"""Why a charm is not active, as exceptions that carry what an operator reads in `juju status`."""


class Problem(Exception):
    """Something stands between the charm and its active status; the message says what, and what to do."""


class Waiting(Problem):
    """Something else will mend it: no person has to act."""


class Blocked(Problem):
    """A person must act: the message says what to type or to correct."""


def say(problem: Problem) -> str:
    """Return a problem as an operator reads it, in the status or as the failure of an action."""
    return f"waiting for {problem}" if isinstance(problem, Waiting) else str(problem)


def told_once(problems: list[Problem]) -> list[Problem]:
    """Return problems without the waits of a plan for a relation that somebody is told to add."""
    asked = [str(item) for item in problems if isinstance(item, Blocked)]
    known = [item for item in problems if str(item).startswith("the relation ")]
    again = [item for item in known if any(f":{str(item).rpartition(' ')[2]} " in text for text in asked)]
    return [item for item in problems if item not in again]
