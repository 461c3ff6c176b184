"""What tests against a real kube-apiserver share."""

from collections.abc import Iterator

import httpx2
import pytest
from support import controllers
from support.apiserver import ApiServer, running
from support.examples import deploy

__all__ = ["apiserver", "collected", "deploy"]


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """Return a Kubernetes API that all tests share: use a namespace of your own."""
    with running(tmp_path_factory.mktemp("kubernetes")) as server:
        yield server


@pytest.fixture(scope="session")
def collected(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return the administrator's client of that API, with Kubernetes' own controllers beside it."""
    with controllers.running(apiserver, tmp_path_factory.mktemp("controllers")), apiserver.client() as client:
        yield client
