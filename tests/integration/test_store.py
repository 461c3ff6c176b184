"""A real Juju takes charms, bundles and images from a store of one's own."""

import json
import pathlib
import threading
import time
import typing

import jubilant
import pytest
from support import archives

from tools.store.index import Store
from tools.store.model import Channel
from tools.store.server import Server

NODE = "198.18.0.1"
MODEL = "own-store"
NAME = "store-probe"
IMAGE = "testbed.local/node:1"
"""An image that the testbed has."""

STABLE = Channel("latest", "stable")
EDGE = Channel("latest", "edge")


class Site(typing.NamedTuple):
    """A store, its folder, and a model that takes charms from it."""

    folder: pathlib.Path
    juju: jubilant.Juju

    def add(self, scratch: pathlib.Path, channel: Channel, image: str = IMAGE) -> int:
        """Put a new revision of a charm into the store, which says which revision it is; return that."""
        known = Store(self.folder).read().entries.get(NAME)
        revision = known.newest.number + 1 if known else 1
        files = archives.charm_files(NAME, image, f"#!/bin/sh\nstatus-set active 'revision {revision}'\n")
        return Store(self.folder).add(archives.write(scratch / f"{NAME}.charm", files), channel).number

    def settle(self, application: str, revision: int) -> None:
        """Wait until a unit says that it is of this revision."""
        self.juju.wait(
            lambda status: (
                application in status.apps
                and status.apps[application].charm_rev == revision
                and {unit.workload_status.message for unit in status.apps[application].units.values()}
                == {f"revision {revision}"}
            ),
            error=jubilant.any_error,
            timeout=300,
        )


@pytest.fixture(scope="module")
def site(inside_testbed: None, tmp_path_factory: pytest.TempPathFactory) -> typing.Iterator[Site]:
    folder = tmp_path_factory.mktemp("store")
    juju = jubilant.Juju(wait_timeout=300)
    with Server(Store(folder), NODE, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            juju.add_model(f"{MODEL}-{int(time.time())}", config={"charmhub-url": server.url})
            yield Site(folder, juju)
            juju.destroy_model(str(juju.model), force=True, no_wait=True)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def deployed(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Deploy a bundle from the store."""
    scratch = tmp_path_factory.mktemp("archives")
    site.add(scratch, STABLE)
    site.add(scratch, EDGE)
    Store(site.folder).add(archives.write(scratch / "probe.bundle", archives.bundle_files(NAME)), STABLE)
    site.juju.deploy("probe", trust=True)
    site.settle(NAME, 1)
    return site


def test_a_bundle_and_its_charm_are_deployed_by_name(deployed: Site):
    app = deployed.juju.status().apps[NAME]
    assert (app.charm_origin, app.charm_channel, app.charm_rev) == ("charmhub", "latest/stable", 1)


def test_a_charm_is_refreshed_to_the_revision_that_was_promoted(deployed: Site):
    Store(deployed.folder).release(NAME, 2, STABLE)
    deployed.juju.refresh(NAME)
    deployed.settle(NAME, 2)


def test_a_new_image_comes_with_the_refresh(deployed: Site, tmp_path: pathlib.Path):
    revision = deployed.add(tmp_path, Channel("2.0", "edge"), "ghcr.io/juju/charm-base:ubuntu-24.04")
    deployed.juju.refresh(NAME, channel="2.0/edge")
    deployed.settle(NAME, revision)
    (resource,) = json.loads(deployed.juju.cli("resources", NAME, "--format=json"))["resources"]
    assert resource["revision"] == "2"


def test_a_charm_goes_back_to_an_older_revision(deployed: Site):
    deployed.juju.refresh(NAME, revision=1)
    deployed.settle(NAME, 1)


def test_an_image_comes_from_the_sites_own_registry(deployed: Site, tmp_path: pathlib.Path):
    revision = deployed.add(tmp_path, STABLE, "ghcr.io/elsewhere/node:1")
    overrides = {"images": {NAME: {"workload-image": IMAGE}}}
    (deployed.folder / "resources.json").write_text(json.dumps(overrides))
    deployed.juju.deploy(NAME, "mirrored")
    deployed.settle("mirrored", revision)
