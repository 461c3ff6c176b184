"""T5 and T7: others who were in the cluster first."""

import pytest

from . import bundle, sharing
from .kubernetes import Kubernetes


@pytest.mark.parametrize("name", bundle.widest())
def test_what_is_somebody_elses_or_newer_is_named_and_left_alone(kubernetes: Kubernetes, name: str) -> None:
    sharing.respects_owners(bundle.named(name), kubernetes)


@pytest.mark.parametrize("name", bundle.widest())
def test_a_second_model_works_or_says_what_the_first_one_has(kubernetes: Kubernetes, name: str) -> None:
    sharing.shares_the_cluster(bundle.named(name), kubernetes)
