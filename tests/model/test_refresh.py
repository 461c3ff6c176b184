"""T6: every bundle is refreshed from what the releases before have recorded."""

import json
import pathlib

import pytest

from . import bundle, checks, release
from .conftest import Ends
from .kubernetes import Kubernetes
from .seeds import explore
from .world import World

RECORDS = release.records()
SINCE = {"0.1": ("minio",)}
"""What bundles of a release had, and overlays bring today: who refreshes keeps it."""
STAY = {"0.1": ("metacontroller.k8s.io",)}
"""API groups that charms of a release defined and today's do not: somebody else may use them by now."""


@pytest.mark.parametrize("path", RECORDS, ids=[f"{path.parent.name}-{path.stem}" for path in RECORDS])
def test_a_refresh_ends_as_a_new_deployment_does(kubernetes: Kubernetes, ends: Ends, path: pathlib.Path) -> None:
    found = bundle.named(path.stem, *SINCE.get(path.parent.name, ()))
    end, recorded = ends(found), json.loads(path.read_text())

    def scenario(world: World) -> None:
        release.restore(world, recorded)
        checks.refreshes(world, end, STAY.get(path.parent.name, ()))

    explore(scenario, found, kubernetes, 0)
