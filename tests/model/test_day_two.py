"""T2 to T4, T13: units and leaders that come and go, the node that is switched off, removal, and other hands."""

import pytest

from . import bundle, checks
from .conftest import Ends
from .kubernetes import Kubernetes
from .outcome import CRDS
from .seeds import explore


@pytest.mark.parametrize("few", range(2))
@pytest.mark.parametrize("name", bundle.widest())
def test_three_units_agree_however_often_the_leader_changes(
    kubernetes: Kubernetes, ends: Ends, name: str, few: int
) -> None:
    found = bundle.named(name).scaled(3)
    end = ends(found)
    explore(lambda world: checks.agrees(world, end), found, kubernetes, few)


@pytest.mark.parametrize("few", range(2))
@pytest.mark.parametrize("name", bundle.widest())
def test_all_is_as_before_after_everything_restarted_empty(kubernetes: Kubernetes, name: str, few: int) -> None:
    explore(checks.restarts, bundle.named(name), kubernetes, few)


@pytest.mark.parametrize("steps", [30, 120])
@pytest.mark.parametrize("name", bundle.widest())
def test_a_restart_in_the_middle_of_the_deployment_does_no_harm(kubernetes: Kubernetes, name: str, steps: int) -> None:
    explore(lambda world: checks.restarts_midway(world, steps), bundle.named(name), kubernetes, steps)


@pytest.mark.parametrize("few", range(2))
@pytest.mark.parametrize("name", bundle.widest())
def test_what_somebody_deletes_or_edits_is_put_back_within_fifteen_minutes(
    kubernetes: Kubernetes, name: str, few: int
) -> None:
    explore(lambda world: checks.mends(world, few), bundle.named(name), kubernetes, few)


@pytest.mark.parametrize("name", bundle.widest())
def test_removal_leaves_nothing_but_definitions_and_what_users_made(kubernetes: Kubernetes, name: str) -> None:
    explore(lambda world: checks.leaves_what_is_the_users(world, 0), bundle.named(name), kubernetes, 0)


@pytest.mark.parametrize("name", bundle.widest())
def test_removal_with_purge_leaves_nothing_at_all(kubernetes: Kubernetes, name: str) -> None:
    for path, item in kubernetes.objects():
        if path == CRDS:
            kubernetes.http.delete(f"{path}/{item}")
            kubernetes.await_gone(f"{path}/{item}")
    explore(checks.purges, bundle.named(name), kubernetes, 0)
