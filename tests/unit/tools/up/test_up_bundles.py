"""Bundles, and bundles of files."""

import pathlib

import pytest

from tools.up.bundles import Bundle

CONTENT = {
    "bundle": "kubernetes",
    "applications": {
        "dex": {"charm": "dex-auth", "channel": "latest/stable", "scale": 1, "trust": True},
        "db": {"charm": "ch:mysql-k8s", "channel": "8.0/stable"},
    },
    "relations": [["dex:db", "db:database"]],
}


@pytest.fixture
def bundle():
    return Bundle("small", CONTENT)


def test_charms_are_named_by_application(bundle):
    assert bundle.charms == {"dex": "dex-auth", "db": "mysql-k8s"}


def test_a_bundle_is_in_a_model_that_has_all_of_it(bundle, statuses):
    whole = {
        "dex": statuses.application(statuses.unit(), related=["db"]),
        "db": statuses.application(statuses.unit(), related=["dex"]),
    }
    assert bundle.is_in(statuses.model(**whole, own=statuses.application(statuses.unit())))


def test_a_model_without_a_relation_lacks_the_bundle(bundle, statuses):
    apps = {name: statuses.application(statuses.unit()) for name in ("dex", "db")}
    assert not bundle.is_in(statuses.model(**apps))


def test_a_model_without_an_application_lacks_the_bundle(bundle, statuses):
    assert not bundle.is_in(statuses.model(dex=statuses.application(statuses.unit())))


def test_charms_from_files_lose_their_channel_and_get_their_images(bundle):
    files = {"dex-auth": pathlib.Path("/any/dex-auth.charm")}
    content = bundle.from_files(files, {"dex-auth": {"oci-image": "dex:2"}})
    assert content["applications"]["dex"] == {
        "charm": "./dex-auth.charm",
        "scale": 1,
        "trust": True,
        "resources": {"oci-image": "dex:2"},
    }


def test_a_charm_that_is_not_here_still_comes_from_charmhub(bundle):
    assert bundle.from_files({}, {})["applications"]["db"] == CONTENT["applications"]["db"]


def test_the_original_stays_as_it_is(bundle):
    bundle.from_files({"dex-auth": pathlib.Path("dex-auth.charm")}, {})
    assert bundle.charms["dex"] == "dex-auth"
