"""One deployment of kubeflow-lite for all tests that leave it as they found it."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from support import kubeflow as deployed
from support.kubeflow import Credentials, Kubeflow

inside_testbed = pytest.fixture(scope="session")(deployed.require_testbed)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "testbed: brings up a testbed of its own, and takes it down")


@pytest.fixture(scope="session")
def kubeflow(inside_testbed: None) -> Kubeflow:
    """kubeflow-lite, active."""
    return deployed.deploy("kubeflow-lite")


@pytest.fixture(scope="session")
def echo(kubeflow: Kubeflow, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path below the gateway of a backend that answers with the request it saw."""
    deployed.add_echo(kubeflow, tmp_path_factory.mktemp("echo"))
    return "/echo/"


@pytest.fixture(scope="session")
def address(kubeflow: Kubeflow, echo: str) -> str:
    """Where a person's browser finds the gateway, with the echo backend behind it."""
    return kubeflow.address


@pytest.fixture
def credentials(kubeflow: Kubeflow) -> Credentials:
    """The user and the password that Dex knows now."""
    return kubeflow.credentials


@pytest.fixture
def http(address: str) -> Iterator[httpx2.Client]:
    """A browser-like client without cookies yet, which follows no redirect by itself."""
    with httpx2.Client(base_url=address, follow_redirects=False, timeout=30) as client:
        yield client


@pytest.fixture
def debug_log(kubeflow: Kubeflow) -> Callable[[], str]:
    """A function that returns everything that the model logged so far."""
    return kubeflow.debug_log
