"""One deployment of kubeflow-lite for all tests that leave it as they found it."""

from collections.abc import Callable, Generator, Iterator

import httpx2
import jubilant
import pytest
from support import evidence
from support import kubeflow as deployed
from support.kubeflow import Credentials, Kubeflow
from support.kubernetes import cluster_scoped

from tools.up.juju import models

BEFORE = "kubeflow/before"
FIRST = ("test_store.py", "test_storage.py", "test_interruptions.py")
"""Juju leaves roles of models that it destroys by force: what is there before the deployment is noted after that."""
LAST = ("test_relations.py", "test_throughout.py", "test_removal.py")
"""After the first, Juju 4.1 tells units late of what others say; the next looks back; the last ends what all share."""

inside_testbed = pytest.fixture(scope="session")(deployed.require_testbed)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {
        name: place for names, start in ((FIRST, -len(FIRST)), (LAST, 1)) for place, name in enumerate(names, start)
    }
    items.sort(key=lambda item: order.get(item.path.name, 0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the programs of a log-in told, wherever a test of the shared deployment fails."""
    report = yield
    if report.failed and "kubeflow" in getattr(item, "fixturenames", ()):
        report.sections.append(("the way in", evidence.of_the_way_in()))
    return report


@pytest.fixture(scope="session")
def _remembered(inside_testbed: None, pytestconfig: pytest.Config) -> None:
    """Remember what the cluster has before the deployment, which later runs may find there already."""
    if deployed.MODEL not in models(jubilant.Juju()):
        pytestconfig.cache.set(BEFORE, sorted(cluster_scoped()))


@pytest.fixture(scope="session")
def before(kubeflow: Kubeflow, pytestconfig: pytest.Config) -> set[str]:
    """The cluster-scoped objects that were there before the deployment."""
    found = pytestconfig.cache.get(BEFORE, None)
    assert found, f"nobody knows what was before: run juju destroy-model {deployed.MODEL}, and these tests again"
    return set(found)


@pytest.fixture(scope="session")
def kubeflow(_remembered: None) -> Kubeflow:
    """kubeflow-lite, active."""
    return deployed.deploy("kubeflow-lite")


@pytest.fixture(scope="session")
def echo(kubeflow: Kubeflow, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path below the gateway of a backend that answers with the request it saw."""
    deployed.add_echo(kubeflow, tmp_path_factory.mktemp("echo"))
    return "/echo/"


@pytest.fixture(scope="module")
def impatient(kubeflow: Kubeflow) -> Iterator[None]:
    """Units look around every twenty seconds.

    Juju tells nobody that a secret was granted to them, and 4.1 sends no relation-changed for a relation that was
    removed and made again: units find it when they look around, which is every five minutes as a rule.
    """
    option = "update-status-hook-interval"
    kubeflow.juju.model_config({option: "20s"})
    yield
    kubeflow.juju.model_config({option: "5m"})


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
