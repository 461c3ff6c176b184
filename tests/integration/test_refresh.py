"""`juju refresh` to a newer revision: no error, and people stay logged in."""

import pathlib
import shutil
import zipfile
from collections.abc import Iterator

import pytest
from support.eventually import eventually
from support.kubeflow import ECHO, Kubeflow

from testbed.paths import Paths
from tools.pack.repository import Repository
from tools.store.index import Store
from tools.store.model import Channel

STABLE = Channel("latest", "stable")


def newer(archive: pathlib.Path, scratch: pathlib.Path) -> pathlib.Path:
    """Return a copy of a charm in which a file has changed that its workload does not use."""
    copy = scratch / archive.name
    shutil.copyfile(archive, copy)
    with zipfile.ZipFile(copy, "a") as charm:
        charm.writestr("src/changes.txt", f"A later revision than the one in {archive}.\n")
    return copy


WAY_IN = ("dex-auth", "oidc-gatekeeper", "istio-pilot", "istio-ingressgateway")
"""The charms that a session goes through; all twelve at once outlast Juju's 30 s for a pod's end on two cores."""


@pytest.fixture
def revisions(kubeflow: Kubeflow, tmp_path: pathlib.Path) -> Iterator[dict[str, int]]:
    """The revisions that were added to the store, by application; what was stable before is so again afterwards."""
    store, archives = Store(Paths.from_environment().store), Repository().root / "dist" / "python3.11"
    status = kubeflow.juju.status()
    charms = {name: charm for name, charm in kubeflow.bundle.charms.items() if name in WAY_IN}
    yield {
        name: store.add(newer(archives / f"{charm}.charm", tmp_path), STABLE).number for name, charm in charms.items()
    }
    for name, charm in charms.items():
        store.release(charm, status.apps[name].charm_rev, STABLE)


def test_the_way_in_is_refreshed_and_sessions_go_on(kubeflow: Kubeflow, echo: str, revisions: dict[str, int]):
    with kubeflow.session() as browser:
        for name in revisions:
            kubeflow.juju.refresh(name)

        def refreshed() -> bool:
            applications = kubeflow.juju.status().apps
            assert {name: applications[name].charm_rev for name in revisions} == revisions
            return {kubeflow.says(name)[0] for name in revisions} == {"active"}

        eventually(refreshed)
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200)
        assert eventually(kubeflow.works)
    assert kubeflow.failed_hooks() == []
