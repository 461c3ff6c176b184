"""A problem that keeps the unit from being active, and nothing else of the plan from being done."""

import dataclasses

from ..engine.problems import Problem
from ..engine.run import Run


@dataclasses.dataclass(frozen=True)
class Report:
    """A problem for the status.

    Attributes:
        problem: Blocked or Waiting, with what to do.
    """

    problem: Problem

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Raise the problem, once all other parts were declared."""
        raise self.problem
