"""T12: whatever Kubernetes answers to whichever call, the status says so, and all is well once it answers again."""

import pytest

from . import bundle, checks
from .conftest import Ends
from .kubernetes import Kubernetes
from .steps import Script
from .world import running


@pytest.mark.parametrize("name", bundle.widest())
def test_every_call_may_fail_in_every_way(kubernetes: Kubernetes, ends: Ends, name: str) -> None:
    found = bundle.named(name)
    end = ends(found)
    with running(found, kubernetes, Script([])) as world:
        misfortune = checks.survives(world, end)
    print(f"{misfortune.failed} hooks had to give up, at {len(misfortune.tried)} call sites")
