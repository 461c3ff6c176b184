"""What the program writes for the store, and what it does while Kubernetes or the store are silent."""

import dataclasses
import json
import threading

import pytest
from support import real_seaweedfs

keeper = real_seaweedfs.login_keeper
kubernetes = real_seaweedfs.keeper_kubernetes
SETTINGS = real_seaweedfs.login_keeper.Settings(
    identities=({"name": "root.0"},),
    policies=({"name": "profiles", "content": "{}"},),
    profiles="app.kubernetes.io/part-of=kubeflow-profile",
    policy="profiles",
    seeds=("seed",),
    root=real_seaweedfs.Login("ROOT", "word"),
    port=8333,
    secure=False,
    answer=0,
    folder="",
    limits=real_seaweedfs.login_keeper.Limits({}, (), 0, 5),
)


class Silent:
    """A Kubernetes that tells nothing, or one list."""

    def __init__(self, *lists):
        self.lists = list(lists)

    def list(self):
        if not self.lists:
            raise kubernetes.Refused(0, "nobody there")
        return self.lists.pop(0), "1"

    def changes(self, version, seconds):
        return iter(())


class Store:
    """A store that knows a login or does not."""

    def __init__(self, knows=True, reads=True, writes=True):
        self.answers = {"knows": knows, "reads": reads, "writes": writes}

    def __getattr__(self, name):
        return lambda *who: self.answers[name]


@pytest.fixture
def make(tmp_path):
    def program(*lists, store=None, **changes):
        settings = dataclasses.replace(SETTINGS, folder=str(tmp_path), **changes)
        return keeper.Keeper(settings, Silent(*lists), store or Store(), say=lambda text: None)

    return program


def names(tmp_path):
    found = json.loads((tmp_path / "identities.json").read_text())
    return [item["name"] for item in found["identities"]]


def test_each_profile_has_an_identity_with_the_one_policy(make, tmp_path):
    make({"alice": "1", "bob": "2"}).look()
    found = json.loads((tmp_path / "identities.json").read_text())
    alice = next(item for item in found["identities"] if item["name"] == "alice")
    assert alice["policyNames"] == ["profiles"]
    [login] = alice["credentials"]
    wanted = real_seaweedfs.login("seed", "alice", "1")
    assert (login["accessKey"], login["secretKey"]) == (wanted.access_key, wanted.secret_key)


def test_two_seeds_give_each_profile_two_logins(make, tmp_path):
    make({"alice": "1"}, seeds=("new", "old")).look()
    found = json.loads((tmp_path / "identities.json").read_text())
    alice = next(item for item in found["identities"] if item["name"] == "alice")
    keys = [real_seaweedfs.login(seed, "alice", "1").access_key for seed in ("new", "old")]
    assert [item["accessKey"] for item in alice["credentials"]] == keys


def test_the_file_is_for_its_user_alone(make, tmp_path):
    make({"alice": "1"}).look()
    assert (tmp_path / "identities.json").stat().st_mode & 0o777 == 0o600


def test_a_pass_without_a_change_writes_nothing(make, tmp_path):
    program = make({"alice": "1"}, {"alice": "1"})
    program.look()
    (tmp_path / "identities.json").unlink()
    program.look()
    assert not (tmp_path / "identities.json").exists()


def test_what_was_known_last_is_written_while_kubernetes_is_silent(make, tmp_path):
    make({"alice": "1"}).look()
    (tmp_path / "identities.json").unlink()
    threading.Thread(target=make().run, daemon=True).start()
    await_(lambda: (tmp_path / "identities.json").exists())
    assert names(tmp_path) == ["root.0", "alice", "seal"]


def await_(holds):
    for _ in range(200):
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came")


def test_a_seal_opens_nothing_and_is_another_for_another_file(make):
    root = SETTINGS.root
    text, seal = keeper.sealed({"identities": [], "policies": []}, root)
    other = keeper.sealed({"identities": [{"name": "a"}], "policies": []}, root)[1]
    assert seal != other
    [policy] = json.loads(text)["policies"]
    assert {item["Effect"] for item in json.loads(policy["content"])["Statement"]} == {"Deny"}


@pytest.mark.parametrize(
    ("answers", "ready"),
    [({}, True), ({"reads": False}, False), ({"writes": False}, False)],
)
def test_it_is_ready_when_the_store_reads_and_writes(make, answers, ready):
    program = make({"alice": "1"}, store=Store(**answers))
    program.look()
    assert not program.ready()
    program.hear(program.seal)
    assert program.ready() == ready


def test_a_store_that_stops_to_write_stays_ready_for_reading(make):
    store = Store()
    program = make({"alice": "1"}, store=store)
    program.look()
    program.hear(program.seal)
    assert program.ready()
    store.answers["writes"] = False
    assert program.ready()
    store.answers["reads"] = False
    assert not program.ready()
