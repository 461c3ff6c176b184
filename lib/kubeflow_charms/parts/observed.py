"""What Kubernetes makes of an object that the plan declares, such as the address of a Service."""

import dataclasses
from collections.abc import Callable, Iterable

from ..engine.bounded import until
from ..engine.cluster import Object, Reference
from ..engine.run import Part, Run

PATIENCE = 10
"""Seconds that a hook which has changed the cluster waits for what follows from it."""


@dataclasses.dataclass(frozen=True)
class Observed:
    """An object that is read once the cluster has what the plan declares; costs a call of each hook.

    Attributes:
        reference: the object.
        ready: tells whether it is as far as is waited for, in a hook that has changed the cluster.
        then: returns parts that declare nothing, for what was found; None if it is not there.
    """

    reference: Reference
    ready: Callable[[Object | None], object]
    then: Callable[[Object | None], Iterable[Part]]

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Read the object and make the parts so.

        Raises:
            Blocked: the application lacks trust.
            Waiting: Kubernetes does not answer.
        """
        for part in self.then(observe(run, self.reference, self.ready)):
            run.attempt(part.apply, run)


def observe(run: Run, reference: Reference, ready: Callable[[Object | None], object]) -> Object | None:
    """Return an object as soon as it is ready, or as it is when that was waited for long enough.

    Only a hook that has changed the cluster waits.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer.
    """
    return until(lambda: run.cluster.get(reference), ready, patience=PATIENCE if run.changed else 0)
