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
