"""Tries a scenario with a seed; one that fails is printed, with the shortest list of steps that fails alike."""

import os
import time
from collections.abc import Callable

from .bundle import Bundle
from .kubernetes import Kubernetes
from .steps import Chance, Schedule, Script
from .world import World, running

SECONDS = float(os.environ.get("MODEL_SHRINK_SECONDS", "60"))
"""How long a shorter list is looked for."""

Scenario = Callable[[World], object]


def explore(scenario: Scenario, bundle: Bundle, kubernetes: Kubernetes, seed: int) -> None:
    """Try a scenario.

    Args:
        scenario: deploys, does something, and raises AssertionError if it does not end well.
        bundle: what it deploys.
        kubernetes: where.
        seed: of the order in which things happen.

    Raises:
        AssertionError: it does not; the message holds the seed and the shortest list of steps that fails alike.
    """
    failure, steps = attempt(scenario, bundle, kubernetes, Chance(seed))
    if failure is None:
        return
    if SECONDS == 0:
        raise failure
    deadline = time.monotonic() + SECONDS

    def fails(shorter: list[str]) -> bool:
        again, _ = attempt(scenario, bundle, kubernetes, Script(shorter, seed))
        return type(again) is type(failure)

    shortest = shrink(steps, fails, lambda: time.monotonic() > deadline)
    listed = "\n  ".join(shortest or ["the order in which things become possible will do"])
    raise AssertionError(
        f"seed {seed}: {failure}\nthe shortest list of steps that fails alike:\n  {listed}"
    ) from failure


def attempt(
    scenario: Scenario, bundle: Bundle, kubernetes: Kubernetes, schedule: Schedule
) -> tuple[AssertionError | None, list[str]]:
    """Return what a scenario raised, if anything, and the steps that it took."""
    with running(bundle, kubernetes, schedule) as world:
        try:
            scenario(world)
        except AssertionError as error:
            return error, [str(step) for step in world.trace]
    return None, []


def shrink(steps: list[str], fails: Callable[[list[str]], bool], over: Callable[[], bool]) -> list[str]:
    """Return a short list of steps that still fails, by leaving out halves, quarters and so on.

    Args:
        steps: that fail.
        fails: tells whether others do; what a list leaves open happens in the order in which it becomes possible.
        over: tells when to be content.
    """
    if fails([]):
        return []
    size = max(1, len(steps) // 2)
    while not over():
        for start in range(0, len(steps), size):
            shorter = steps[:start] + steps[start + size :]
            if not over() and fails(shorter):
                steps = shorter
                break
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return steps
