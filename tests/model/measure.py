"""`python -m model.measure BUNDLE`: what a bundle's deployment takes, as JSON for `tools bench`."""

import collections
import itertools
import json
import pathlib
import sys
import tempfile
from typing import Any

from . import bundle
from .juju import Unit
from .kubernetes import started
from .steps import Script
from .world import running


def measure(name: str) -> dict[str, dict[str, Any]]:
    """Deploy a bundle without Juju and return hooks, Kubernetes calls and changes of status by application.

    Beside their number there are the hooks by event, as `events`.

    Everything happens in the order in which it becomes possible, so that two runs take the same.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        started(pathlib.Path(folder)) as kubernetes,
        running(bundle.named(name), kubernetes, Script([])) as world,
    ):
        world.deploy()
        world.converge()
        return {
            item.name: {
                "hooks": sum(len(unit.hooks) for unit in item.units.values()),
                "calls": sum(hook.calls for unit in item.units.values() for hook in unit.hooks),
                "changes": sum(map(_changes, item.units.values())),
                "events": collections.Counter(hook.step.what for unit in item.units.values() for hook in unit.hooks),
            }
            for item in world.model.applications.values()
        }


def _changes(unit: Unit) -> int:
    """Return how often a unit's status or its message changed."""
    told = [str(hook.status) for hook in unit.hooks]
    return sum(one != other for one, other in itertools.pairwise(told))


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
