"""What actions say, and what they refuse."""

import importlib
import json
import pathlib

import pytest
from ops import testing
from support.charms import load_charm

CHARM = load_charm(pathlib.Path(__file__).parents[1]).Seaweedfs


def test_an_import_says_where_it_could_copy_from(seaweedfs):
    with pytest.raises(testing.ActionFailed, match=r"juju integrate seaweedfs:import-from minio:object-storage"):
        seaweedfs.act("import", seaweedfs.settle())


def test_a_secret_that_lacks_a_key_is_no_source(seaweedfs):
    secret = testing.Secret({"endpoint": "http://minio:9000", "access-key": "key"})
    with pytest.raises(testing.ActionFailed, match="source: the secret's keys are access-key, endpoint"):
        seaweedfs.act("import", seaweedfs.settle(secrets={secret}), source=secret.id)


def test_nothing_is_listed_while_the_store_does_not_answer(seaweedfs):
    with pytest.raises(testing.ActionFailed, match="waiting for seaweedfs to answer"):
        seaweedfs.act("list-buckets")


def test_a_related_store_is_imported_with_its_own_login(seaweedfs, real, old, monkeypatch):
    send = importlib.import_module("kubeflow_charms.storage.s3_requests").exchange
    for path in ("/imported", "/imported/one", "/imported/two"):
        send(old, "PUT", path, b"" if path == "/imported" else b"kept")
    data = {"access-key": old.access_key, "secret-key": old.secret_key, "service": old.host, "port": old.port}
    said = {"_supported_versions": '["v1"]', "data": json.dumps({**data, "secure": False})}
    relation = testing.Relation("import-from", remote_app_name="minio", remote_app_data=said)
    monkeypatch.setattr(CHARM, "_own", lambda self: real.of(real.root))
    state = seaweedfs.settle(relation)

    assert seaweedfs.act("import", state, bucket="imported")["complete"] == "yes"
    again = seaweedfs.act("import", state, bucket="imported")

    assert (again["objects"], again["there-before"], again["copied"]) == (2, 2, 0)
    assert real.ask(real.root, "GET", "/imported/two").body == b"kept"


def test_buckets_are_listed_with_what_is_in_them(seaweedfs, real, monkeypatch):
    monkeypatch.setattr(CHARM, "_own", lambda self: real.of(real.root))
    real.ask(real.root, "PUT", "/listed")
    real.ask(real.root, "PUT", "/listed/key", b"12345")
    lines = [line.split() for line in seaweedfs.act("list-buckets", seaweedfs.settle())["buckets"].splitlines()]
    assert lines[0] == ["bucket", "objects", "bytes"]
    assert ["listed", "1", "5"] in lines
    assert not any("readiness" in line[0] for line in lines)


def test_the_objects_of_a_profile_that_is_no_more_are_deleted_and_no_others(seaweedfs, real, monkeypatch):
    monkeypatch.setattr(CHARM, "_own", lambda self: real.of(real.root))
    mine = ("private-artifacts/gone/run/a", "private/gone/b", "artifacts/gone/c/d e+f", "artifacts/gone/c/<g>")
    others = ("private-artifacts/gone-too/a", "shared/gone/b", "artifacts/alice/c")
    for key in (*mine, *others):
        assert real.ask(real.root, "PUT", f"/mlpipeline/{key}", b"x").status == 200
    state = seaweedfs.settle(seaweedfs.pipelines())
    assert seaweedfs.act("remove-profile-objects", state, profile="gone") == {"removed": len(mine)}
    left = [key for key in (*mine, *others) if real.ask(real.root, "GET", f"/mlpipeline/{key}").status == 200]
    assert left == list(others)
    assert seaweedfs.act("remove-profile-objects", state, profile="gone") == {"removed": 0}


@pytest.mark.parametrize("name", ["", "../alice", "alice/run", "*"])
def test_what_is_no_name_of_a_profile_deletes_nothing(seaweedfs, name):
    with pytest.raises(testing.ActionFailed, match="profile: "):
        seaweedfs.act("remove-profile-objects", seaweedfs.settle(seaweedfs.pipelines()), profile=name)


def test_the_objects_of_a_profile_that_is_there_stay(seaweedfs):
    metadata = {"name": "alice"}
    seaweedfs.cluster.add("/api/v1/namespaces/alice", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    with pytest.raises(testing.ActionFailed, match="profile alice is there"):
        seaweedfs.act("remove-profile-objects", seaweedfs.settle(seaweedfs.pipelines()), profile="alice")
