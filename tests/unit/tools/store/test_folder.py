"""The folder as a database: revisions, channels, and files dropped in by hand."""

import json
import os
import shutil

import pytest
from support.archives import bundle_files

from tools.store.index import Store
from tools.store.model import Channel, StoreError

STABLE = Channel("latest", "stable")
EDGE = Channel("latest", "edge")


@pytest.fixture
def store(folder):
    return Store(folder)


def test_each_new_archive_is_the_next_revision(store, make_charm):
    assert store.add(make_charm(image="dex:1"), STABLE).number == 1
    assert store.add(make_charm(image="dex:2"), STABLE).number == 2
    assert store.read().entries["dex-auth"].channels == {STABLE: (2,)}


def test_the_same_archive_again_is_no_new_revision(store, make_charm):
    store.add(make_charm(), EDGE)
    assert store.add(make_charm(), STABLE).number == 1
    assert store.read().entries["dex-auth"].channels == {STABLE: (1,), EDGE: (1,)}


def test_a_revision_in_the_name_is_kept(store, make_charm):
    assert store.add(make_charm(file="dex-auth_r12.charm"), STABLE).number == 12


def test_a_revision_in_the_name_that_is_taken_is_refused(store, make_charm):
    store.add(make_charm(image="dex:1", file="dex-auth_r12.charm"), STABLE)
    with pytest.raises(StoreError, match="another revision 12"):
        store.add(make_charm(image="dex:2", file="dex-auth_r12.charm"), STABLE)


def test_a_bad_archive_changes_nothing(store, folder, make_zip):
    with pytest.raises(StoreError):
        store.add(make_zip("dex-auth.charm", {}), STABLE)
    assert list(folder.iterdir()) == []


def test_a_charm_and_a_bundle_cannot_have_the_same_name(store, make_charm, bundle):
    store.add(bundle, STABLE)
    with pytest.raises(StoreError, match="is a bundle in this store"):
        store.add(make_charm(name="kubeflow-lite"), STABLE)


def test_a_revision_is_promoted(store, make_charm):
    store.add(make_charm(image="dex:1"), STABLE)
    store.add(make_charm(image="dex:2"), EDGE)
    store.release("dex-auth", 2, STABLE)
    assert store.read().entries["dex-auth"].channels == {STABLE: (2,), EDGE: (2,)}


@pytest.mark.parametrize(("name", "number"), [("dex-auth", 7), ("nothing", 1)])
def test_a_revision_that_is_not_there_is_not_released(store, make_charm, name, number):
    store.add(make_charm(), STABLE)
    with pytest.raises(StoreError, match="has no revision"):
        store.release(name, number, STABLE)


def test_a_file_dropped_in_is_served_in_every_channel(store, folder, make_charm):
    shutil.copy(make_charm(file="dex-auth_r3.charm"), folder)
    shutil.copy(make_charm(image="dex:0", file="dex-auth.charm"), folder)
    entry = store.read().entries["dex-auth"]
    assert [revision.number for revision in entry.revisions] == [1, 3]
    assert entry.released(Channel("4.1", "stable")) == entry.newest


def test_once_released_only_the_named_channels_hold_something(store, folder, make_charm):
    shutil.copy(make_charm(), folder)
    store.release("dex-auth", 1, EDGE)
    entry = store.read().entries["dex-auth"]
    assert entry.channels == {STABLE: (1,), EDGE: (1,)}
    assert entry.released(Channel("4.1", "stable")) is None


def test_a_risk_without_a_release_follows_the_stabler_one(store, make_charm):
    store.add(make_charm(), Channel("latest", "candidate"))
    entry = store.read().entries["dex-auth"]
    assert entry.released(EDGE) == entry.newest
    assert entry.released(STABLE) is None


def test_a_bad_file_dropped_in_is_named_and_the_rest_is_served(store, folder, make_charm):
    store.add(make_charm(), STABLE)
    (folder / "minio.charm").write_text("no zip")
    snapshot = store.read()
    assert list(snapshot.entries) == ["dex-auth"]
    assert snapshot.problems[0].startswith("minio.charm is no sound zip archive")


def test_two_files_with_one_revision_are_named(store, folder, make_charm):
    store.add(make_charm(image="dex:1"), STABLE)
    shutil.copy(make_charm(image="dex:2"), folder / "dex-auth.charm")
    snapshot = store.read()
    assert "remove or rename one of them" in snapshot.problems[0]
    assert snapshot.entries["dex-auth"].newest.package.resources[0].image == "dex:1"


def test_a_file_that_is_not_named_by_its_revision_is_named(store, folder, make_charm):
    store.add(make_charm(), STABLE)
    shutil.copy(make_charm(), folder / "dex-auth" / "new.charm")
    assert "has to be a revision" in store.read().problems[0]


def test_a_bundle_takes_the_place_of_the_one_before(store, make_zip):
    for image in ("a", "b"):
        store.add(make_zip("kubeflow-lite.bundle", {**bundle_files(), "README.md": image}), STABLE)
    assert store.read().entries["kubeflow-lite"].channels == {STABLE: (2,)}


@pytest.mark.parametrize("content", ["{", "[]", '{"latest/stable": "x"}', '{"latest/best": 1}'])
def test_a_broken_channels_file_releases_nothing(store, folder, make_charm, content):
    store.add(make_charm(), STABLE)
    (folder / "dex-auth" / "channels.json").write_text(content)
    snapshot = store.read()
    assert snapshot.entries["dex-auth"].channels == {}
    assert "nothing is released" in snapshot.problems[0]


def test_a_channel_of_a_removed_revision_is_named(store, folder, make_charm):
    store.add(make_charm(image="dex:1"), EDGE)
    store.add(make_charm(image="dex:2"), STABLE)
    (folder / "dex-auth" / "2.charm").unlink()
    snapshot = store.read()
    assert snapshot.entries["dex-auth"].channels == {EDGE: (1,)}
    assert "holds revision 2, which is not in the folder" in snapshot.problems[0]


def test_what_has_not_changed_is_not_read_again(store, make_charm):
    store.add(make_charm(), STABLE)
    assert store.read() is store.read()


def test_what_has_changed_is_seen_at_once(store, folder, make_charm):
    store.add(make_charm(image="dex:1"), STABLE)
    before = store.read()
    path = folder / "dex-auth" / "1.charm"
    shutil.copy(make_charm(image="dex:2"), path)
    os.utime(path, ns=(0, 0))
    assert store.read() != before
    assert store.read().entries["dex-auth"].newest.package.resources[0].image == "dex:2"


def test_channels_are_plain_json(store, folder, make_charm):
    store.add(make_charm(), Channel.parse("2.0/edge"))
    assert json.loads((folder / "dex-auth" / "channels.json").read_text()) == {"2.0/edge": 1}


@pytest.mark.parametrize(
    ("text", "channel"),
    [("stable", STABLE), ("latest/edge", EDGE), ("2.0", Channel("2.0", "stable"))],
)
def test_channels_are_read_as_juju_writes_them(text, channel):
    assert Channel.parse(text) == channel


@pytest.mark.parametrize("text", ["", "latest/best", "/stable", "latest/stable/branch"])
def test_what_is_no_channel_is_refused(text):
    with pytest.raises(StoreError, match="is no channel"):
        Channel.parse(text)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        Store(tmp_path / "nowhere").read()
