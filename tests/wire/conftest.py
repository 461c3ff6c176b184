"""Every charm in its turn."""

import pathlib
from collections.abc import Iterator

import pytest
from support.deployment import Deployment, deployed
from support.related import ROOTS, Described


@pytest.fixture(params=map(Described.load, ROOTS), ids=lambda charm: charm.root.name)
def charm(request: pytest.FixtureRequest) -> Described:
    return request.param


@pytest.fixture
def deployment(charm: Described, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Deployment]:
    with deployed(charm.charm_type, charm.root, monkeypatch, tmp_path) as found:
        yield found
