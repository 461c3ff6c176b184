"""What the store answers over HTTP to the questions that Juju asks."""

import hashlib
import json
import shutil

import pytest
from support.archives import charm_files

from tools.store.index import Store
from tools.store.model import Channel, StoreError
from tools.store.server import Server

STABLE = Channel("latest", "stable")
UBUNTU = {"name": "ubuntu", "channel": "24.04", "architecture": "amd64"}
UNDECIDED = {"name": "NA", "channel": "NA", "architecture": "amd64"}


@pytest.fixture
def dex(folder, make_charm):
    """Put two revisions of a charm with different images into the store; the older one is stable."""
    store = Store(folder)
    store.add(make_charm(image="ghcr.io/dexidp/dex:1"), STABLE)
    store.add(make_charm(image="ghcr.io/dexidp/dex:2"), Channel("latest", "edge"))


def image_of(ask, resource):
    return json.loads(ask(resource["download"]["url"]).body)["ImageName"]


def test_find_lists_what_matches(ask, dex, folder, bundle):
    Store(folder).add(bundle, STABLE)
    names = [found["name"] for found in ask("/v2/charms/find?q=dex").json["results"]]
    assert names == ["dex-auth"]


def test_find_without_a_query_lists_all(ask, dex, folder, bundle):
    Store(folder).add(bundle, STABLE)
    names = [found["name"] for found in ask("/v2/charms/find").json["results"]]
    assert names == ["dex-auth", "kubeflow-lite"]


def test_find_lists_one_kind(ask, dex, folder, bundle):
    Store(folder).add(bundle, STABLE)
    names = [found["name"] for found in ask("/v2/charms/find?type=bundle").json["results"]]
    assert names == ["kubeflow-lite"]


def test_info_shows_every_channel(ask, dex):
    info = ask("/v2/charms/info/dex-auth").json
    channels = {release["channel"]["name"]: release["revision"]["revision"] for release in info["channel-map"]}
    assert channels == {"latest/stable": 1, "latest/edge": 2}
    assert info["default-release"]["revision"]["revision"] == 1


def test_info_shows_the_wanted_channel_first(ask, dex):
    info = ask("/v2/charms/info/dex-auth?channel=latest/edge").json
    assert info["default-release"]["revision"]["revision"] == 2


def test_info_of_a_bundle_names_its_charms(ask, folder, bundle):
    Store(folder).add(bundle, STABLE)
    info = ask("/v2/charms/info/kubeflow-lite").json
    assert [charm["name"] for charm in info["result"]["contains-charms"]] == ["dex-auth"]


@pytest.mark.parametrize(
    "path", ["/v2/charms/info/nothing", "/nowhere", "/download/dex-auth/9", "/resource/dex-auth/other/1"]
)
def test_what_is_not_there_is_a_json_error(ask, dex, path):
    answer = ask(path)
    assert answer.status == 404
    assert answer.json["error-list"][0]["code"] in ("not-found", "revision-not-found", "resource-not-found")


def test_a_charm_without_a_base_is_answered_with_its_bases(refresh, dex):
    result = refresh(name="dex-auth", channel="stable", base=UNDECIDED)
    assert (result["result"], result["error"]["code"]) == ("error", "invalid-charm-base")
    assert result["error"]["extra"]["default-bases"] == [UBUNTU]


def test_a_charm_is_installed_from_a_channel(ask, refresh, dex, folder):
    result = refresh(name="dex-auth", channel="stable", base=UBUNTU)
    assert (result["charm"]["revision"], result["effective-channel"]) == (1, "latest/stable")
    download = result["charm"]["download"]
    content = ask(download["url"]).body
    assert content == (folder / "dex-auth" / "1.charm").read_bytes()
    assert len(content) == download["size"]
    assert hashlib.sha256(content).hexdigest() == download["hash-sha-256"]


def test_a_channel_has_an_archive_for_each_architecture_and_a_machine_gets_its_own(refresh, folder, make_zip):
    store = Store(folder)
    for image, architecture in (("dex:1", "amd64"), ("dex:1", "arm64"), ("dex:2", "amd64")):
        store.add(make_zip("dex-auth.charm", charm_files(image=image, architecture=architecture)), STABLE)
    assert store.read().entries["dex-auth"].channels == {STABLE: (2, 3)}
    assert json.loads((folder / "dex-auth" / "channels.json").read_text()) == {"latest/stable": [2, 3]}
    for architecture, revision in (("amd64", 3), ("arm64", 2)):
        base = {**UBUNTU, "architecture": architecture}
        assert refresh(name="dex-auth", channel="stable", base=base)["charm"]["revision"] == revision
        undecided = refresh(name="dex-auth", channel="stable", base={**UNDECIDED, "architecture": architecture})
        assert undecided["error"]["extra"]["default-bases"] == [base]


def test_what_was_dropped_in_for_two_architectures_is_told_apart(refresh, folder, make_zip):
    for revision, architecture in ((1, "amd64"), (2, "arm64")):
        made = make_zip(f"dex-auth_r{revision}.charm", charm_files(architecture=architecture))
        shutil.copy(made, folder)
    for architecture, revision in (("amd64", 1), ("arm64", 2)):
        base = {**UBUNTU, "architecture": architecture}
        assert refresh(name="dex-auth", channel="edge", base=base)["charm"]["revision"] == revision


def test_a_charm_is_installed_by_revision(refresh, dex):
    result = refresh(name="dex-auth", revision=2, base=None)
    assert (result["charm"]["revision"], result["effective-channel"]) == (2, "")


def test_an_installed_charm_is_refreshed_along_its_channel(refresh, dex, folder):
    context = {"id": "dex-auth", "revision": 1, "base": UBUNTU, "tracking-channel": "latest/stable"}
    assert refresh("refresh", context, id="dex-auth")["charm"]["revision"] == 1
    Store(folder).release("dex-auth", 2, STABLE)
    assert refresh("refresh", context, id="dex-auth")["charm"]["revision"] == 2


def test_a_bundle_runs_on_any_base(refresh, folder, bundle):
    Store(folder).add(bundle, STABLE)
    base = {**UBUNTU, "channel": "22.04"}
    assert refresh(name="kubeflow-lite", channel="stable", base=base)["charm"]["type"] == "bundle"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"name": "nothing", "channel": "stable", "base": UBUNTU}, "name-not-found"),
        ({"id": "nothing", "channel": "stable", "base": UBUNTU}, "id-not-found"),
        ({"name": "dex-auth", "revision": 9, "base": None}, "revision-not-found"),
        ({"name": "dex-auth", "channel": "2.0/stable", "base": UBUNTU}, "revision-not-found"),
        ({"name": "dex-auth", "channel": "latest/best", "base": UBUNTU}, "invalid-channel"),
        ({"name": "dex-auth", "channel": "stable", "base": {**UBUNTU, "channel": "20.04"}}, "revision-not-found"),
        ({"name": "dex-auth", "channel": "stable", "base": {**UBUNTU, "architecture": "s390x"}}, "revision-not-found"),
    ],
)
def test_what_cannot_be_had_is_an_error_of_that_action(refresh, dex, question, code):
    result = refresh(**question)
    assert (result["result"], result["error"]["code"]) == ("error", code)


def test_what_there_is_instead_is_told(refresh, dex):
    result = refresh(name="dex-auth", channel="stable", base={**UBUNTU, "channel": "20.04"})
    assert {"base": UBUNTU, "channel": "stable"} in result["error"]["extra"]["releases"]


def test_several_actions_are_answered_each_by_its_key(ask, dex):
    actions = [
        {"action": "install", "instance-key": key, "name": name, "channel": "stable", "base": UBUNTU}
        for key, name in (("a", "nothing"), ("b", "dex-auth"))
    ]
    answer = ask("/v2/charms/refresh", {"context": [], "actions": actions}).json
    assert {result["instance-key"]: result["result"] for result in answer["results"]} == {
        "a": "error",
        "b": "install",
    }


def test_metrics_without_actions_are_taken(ask):
    answer = ask("/v2/charms/refresh", {"context": [], "actions": [], "metrics": {"model": {"uuid": "x"}}})
    assert (answer.status, answer.json["results"]) == (200, [])


@pytest.mark.parametrize("body", [[], {}, {"actions": 3}, {"actions": [{}]}, {"actions": ["install"]}])
def test_a_question_of_another_form_is_refused(ask, body):
    answer = ask("/v2/charms/refresh", body)
    assert (answer.status, answer.json["error-list"][0]["code"]) == (400, "bad-argument")


def test_a_question_that_is_too_long_is_refused(ask, monkeypatch):
    monkeypatch.setattr("tools.store.server.REQUEST_LIMIT", 10)
    assert ask("/v2/charms/refresh", {"actions": []}).status == 413


def test_an_image_is_a_resource_with_its_own_revision(ask, refresh, dex):
    (first,) = refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"]
    (second,) = refresh(name="dex-auth", revision=2, base=None)["charm"]["resources"]
    assert (first["revision"], image_of(ask, first)) == (1, "ghcr.io/dexidp/dex:1")
    assert (second["revision"], image_of(ask, second)) == (2, "ghcr.io/dexidp/dex:2")
    assert hashlib.sha384(ask(first["download"]["url"]).body).hexdigest() == first["download"]["hash-sha-384"]


def test_the_same_image_in_a_new_revision_is_the_same_resource(refresh, dex, folder, make_zip):
    files = {**charm_files(image="ghcr.io/dexidp/dex:1"), "src/charm.py": "changed"}
    Store(folder).add(make_zip("dex-auth.charm", files), STABLE)
    (resource,) = refresh(name="dex-auth", revision=3, base=None)["charm"]["resources"]
    assert resource["revision"] == 1


def test_another_revision_of_a_resource_is_given_when_named(ask, refresh, dex):
    wanted = [{"name": "workload-image", "revision": 1}]
    result = refresh("download", id="dex-auth", revision=2, resource_revisions=wanted, base=None)
    (resource,) = result["charm"]["resources"]
    assert image_of(ask, resource) == "ghcr.io/dexidp/dex:1"


def test_the_revisions_of_a_resource_are_listed(ask, dex):
    listed = ask("/v2/charms/resources/dex-auth/workload-image/revisions").json["revisions"]
    assert [resource["revision"] for resource in listed] == [2, 1]


@pytest.mark.parametrize(
    ("overrides", "image"),
    [
        ({}, "ghcr.io/dexidp/dex:1"),
        ({"registry": "registry.site:5000"}, "registry.site:5000/dexidp/dex:1"),
        ({"registry": "registry.site/mirror/"}, "registry.site/mirror/dexidp/dex:1"),
        ({"images": {"dex-auth": {"workload-image": "registry.site/dex:own"}}}, "registry.site/dex:own"),
        ({"images": {"minio": {"workload-image": "registry.site/dex:own"}}}, "ghcr.io/dexidp/dex:1"),
    ],
)
def test_images_come_from_the_registry_that_the_site_names(ask, refresh, dex, folder, overrides, image):
    (folder / "resources.json").write_text(json.dumps(overrides))
    (resource,) = refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"]
    assert image_of(ask, resource) == image


def test_the_registrys_password_goes_with_its_images_only(ask, refresh, dex, folder):
    overrides = {"registry": "registry.site", "username": "reader", "password": "secret"}
    images = {"dex-auth": {"workload-image": "elsewhere.site/dex:1"}}
    (folder / "resources.json").write_text(json.dumps({**overrides, "images": images}))
    (elsewhere,) = refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"]
    assert json.loads(ask(elsewhere["download"]["url"]).body)["Password"] == ""
    (folder / "resources.json").write_text(json.dumps(overrides))
    (mirrored,) = refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"]
    assert json.loads(ask(mirrored["download"]["url"]).body)["Password"] == "secret"


@pytest.mark.parametrize("content", ["{", "[]", '{"registries": ""}', '{"registry": 1}', '{"images": {"a": 1}}'])
def test_a_broken_overrides_file_is_named_and_ignored(ask, refresh, dex, folder, content, caplog):
    (folder / "resources.json").write_text(content)
    (resource,) = refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"]
    assert image_of(ask, resource) == "ghcr.io/dexidp/dex:1"
    assert "resources.json is not as docs/air-gap.md shows it" in caplog.text


def test_a_resource_without_an_image_is_left_out(refresh, folder, make_charm):
    Store(folder).add(make_charm(image=""), STABLE)
    assert refresh(name="dex-auth", revision=1, base=None)["charm"]["resources"] == []


def test_a_charm_removed_from_the_folder_is_gone_at_once(ask, dex, folder):
    shutil.rmtree(folder / "dex-auth")
    assert ask("/v2/charms/info/dex-auth").status == 404


def test_a_folder_that_cannot_be_read_is_a_server_error(ask, folder):
    folder.rmdir()
    assert ask("/v2/charms/find").status == 500


def test_downloads_are_where_the_client_asked(ask, refresh, dex, server):
    url = refresh(name="dex-auth", revision=1, base=None)["charm"]["download"]["url"]
    assert url.startswith(server.url)


def test_downloads_are_at_the_public_address_if_one_is_given(folder):
    with Server(Store(folder), "127.0.0.1", 0, "https://store.site/") as server:
        assert server.url == "https://store.site"


def test_an_address_that_is_taken_is_refused(folder, server):
    with pytest.raises(StoreError, match="cannot listen on 127"):
        Server(Store(folder), "127.0.0.1", server.server_address[1])
