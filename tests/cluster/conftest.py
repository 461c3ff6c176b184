"""What tests against a real kube-apiserver share."""

from collections.abc import Iterator

import pytest
from support.apiserver import ApiServer, running
from support.examples import deploy

__all__ = ["apiserver", "deploy"]


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """Return a Kubernetes API that all tests share: use a namespace of your own."""
    with running(tmp_path_factory.mktemp("kubernetes")) as server:
        yield server
