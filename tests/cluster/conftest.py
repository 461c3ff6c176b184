"""What tests against a real kube-apiserver share."""

import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import controllers, samples
from support import profiles as kubeflow_profiles
from support.apiserver import ApiServer, running
from support.application import Application, deployed_on
from support.charms import load_charm
from support.deployment import deployed
from support.examples import deploy
from support.library import application, paths
from support.related import ROOTS
from xdist.scheduler import LoadScopeScheduling

__all__ = ["apiserver", "application", "collected", "deploy", "paths"]

CHARMS = {root.name for root in ROOTS}
NOTEBOOKS = pathlib.Path(__file__).parents[2] / "charms" / "notebooks"


LONGEST = ("test_objects.py", "test_library_pods.py", "test_knative.py", "test_gateway.py")
"""What takes minutes begins first, so that no worker is left with it when the others have nothing to do."""


class Groups(LoadScopeScheduling):
    """Keeps a file's tests on one worker, in their order; of a file that deploys every charm, each charm's."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        parameters = test.partition("[")[2].removesuffix("]")
        return f"{file} {parameters}" if parameters.partition(":")[0] in CHARMS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """Return a Kubernetes API that all tests share: use a namespace of your own."""
    # What Kubernetes has by default since 1.36.
    newer = (
        "--feature-gates=MutatingAdmissionPolicy=true",
        "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
    )
    with running(tmp_path_factory.mktemp("kubernetes"), *newer) as server:
        yield server


@pytest.fixture(scope="session")
def collected(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return the administrator's client of that API, with Kubernetes' own controllers beside it."""
    with controllers.running(apiserver, tmp_path_factory.mktemp("controllers")), apiserver.client() as client:
        yield client


@pytest.fixture(scope="module")
def profiles(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[kubeflow_profiles.Profiles]:
    """Return kubeflow-profiles, settled; it is removed after the module."""
    with kubeflow_profiles.running(apiserver, collected, tmp_path_factory) as found:
        yield found


@pytest.fixture
def namespace(profiles: kubeflow_profiles.Profiles) -> Iterator[str]:
    """Return the namespace of a profile."""
    with profiles.namespace() as name:
        yield name


@pytest.fixture
def notebooks(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Application]:
    """Return notebooks, deployed and not settled; it is removed after the test."""
    samples.define(collected, samples.kinds())  # Istio's kinds are there before notebooks asks for them.
    with deployed(load_charm(NOTEBOOKS).Notebooks, NOTEBOOKS, monkeypatch, tmp_path) as deployment:
        for found in deployed_on(apiserver, collected, deployment, monkeypatch):
            yield found
            found.run(found.state(planned_units=0), "stop")
