"""T1: whatever the order, a bundle comes to the same end, without an error, within its budget, and then rests."""

import pytest

from . import bundle, checks
from .conftest import Ends
from .kubernetes import Kubernetes
from .seeds import explore


@pytest.mark.parametrize("name", bundle.widest())
def test_every_order_ends_the_same(kubernetes: Kubernetes, ends: Ends, name: str, seed: int) -> None:
    found = bundle.named(name)
    end = ends(found)
    explore(lambda world: checks.converges(world, end), found, kubernetes, seed)


@pytest.mark.parametrize("name", sorted({*bundle.names()} - {*bundle.widest()}))
def test_so_does_a_bundle_that_another_has_all_of(kubernetes: Kubernetes, ends: Ends, name: str) -> None:
    found = bundle.named(name)
    end = ends(found)
    explore(lambda world: checks.converges(world, end), found, kubernetes, 1)
