"""Room on the disk: quotas, retention, and a disk that gets full, on the real SeaweedFS."""

import datetime
import importlib
import os

import pytest
from support import real_seaweedfs

limits = importlib.import_module("space_limits")
keeper_space = real_seaweedfs.keeper_space
MEBIBYTE = 2**20
GIBIBYTE = 2**30
NOW = datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC)
AGES_AGO = NOW - datetime.timedelta(days=100)


def made(*, quotas=None, rules=(), reserve=0, warning=5):
    return limits.Limits(quotas or {}, tuple(rules), reserve, warning)


def usage(free=50, **buckets):
    return limits.Usage(100 * GIBIBYTE, free * GIBIBYTE, buckets, 0)


@pytest.fixture
def keep(real):
    """Return a keeper of the real store's room, whose limits hold no longer than the test."""
    real.wait_until(lambda: real.local.usage().size)
    yield lambda **more: keeper_space.SpaceKeeper(made(**more), real.local)
    real.local.refuse(())
    real.wait_until(lambda: real.ask(real.root, "PUT", "/kubeflow-readiness/object", b"ready\n").status == 200)


@pytest.mark.parametrize(
    ("there", "before", "refused"),
    [(99, (), False), (100, (), True), (97, ("/buckets/logs/",), True), (94, ("/buckets/logs/",), False)],
)
def test_a_bucket_beyond_its_quota_is_refused_until_there_is_some_leeway(there, before, refused):
    found = made(quotas={"logs": 100}).refused(usage(logs=there), before)
    assert found == ({"/buckets/logs/"} if refused else set())


@pytest.mark.parametrize(("free", "before", "refused"), [(11, (), False), (9, (), True), (10.2, ("/buckets/",), True)])
def test_a_disk_without_its_reserve_takes_nothing(free, before, refused):
    found = made(reserve=10 * GIBIBYTE).refused(usage(free), before)
    assert found == ({"/buckets/"} if refused else set())


@pytest.mark.parametrize(
    ("pattern", "key", "old"),
    [
        ("", "private/ada/model", True),
        ("private-artifacts/", "private-artifacts/ada/run/main.log", True),
        ("private-artifacts/", "private/ada/model", False),
        ("*.log", "private-artifacts/ada/run/main.log", True),
        ("private-artifacts/*/main.log", "private-artifacts/ada/run/main.log", True),
        ("private-artifacts/*/main.log", "private-artifacts/ada/run/model", False),
        ("a+b*", "aab", False),
    ],
)
def test_a_pattern_says_which_objects_go(pattern, key, old):
    rule = limits.Rule("mlpipeline", pattern, 86400)
    assert rule.holds(key, AGES_AGO, NOW) == old
    assert not rule.holds(key, NOW, NOW)


def test_a_bucket_beyond_its_quota_is_read_and_emptied_and_takes_objects_again(real, keep):
    pipelines = real.application(1)
    real.ask(pipelines, "PUT", "/mlpipeline/filling", os.urandom(2 * MEBIBYTE))
    space = keep(quotas={"mlpipeline": real.local.usage().buckets["mlpipeline"]})
    space.look()
    real.wait_until(lambda: real.ask(pipelines, "PUT", "/mlpipeline/more", b"more").status == 403)

    assert not space.within
    assert real.ask(pipelines, "GET", "/mlpipeline/filling").status == 200
    assert real.ask(real.application(2), "PUT", "/backups/more", b"more").status == 200

    assert real.ask(pipelines, "DELETE", "/mlpipeline/filling").status == 204
    real.wait_until(lambda: space.look() and space.within)
    real.wait_until(lambda: real.ask(pipelines, "PUT", "/mlpipeline/more", b"more").status == 200)


def test_a_full_disk_is_read_and_takes_objects_by_itself_once_there_is_room(real, keep):
    backups = real.application(2)
    real.ask(backups, "PUT", "/backups/kept", b"kept")
    full = keep(reserve=real.local.usage().free + GIBIBYTE)
    full.look()
    real.wait_until(lambda: real.ask(backups, "PUT", "/backups/more", b"more").status == 403)

    assert not full.roomy
    assert real.ask(backups, "GET", "/backups/kept").body == b"kept"
    assert real.keeper.ready()
    assert real.ask(backups, "DELETE", "/backups/kept").status == 204

    assert keep(reserve=0).look()
    real.wait_until(lambda: real.ask(backups, "PUT", "/backups/more", b"more").status == 200)


def test_what_is_old_goes_and_gives_back_its_room(real, keep):
    real.ask(real.root, "PUT", "/aging")
    for key in ("run/main.log", "run/model & more", "other/main.log"):
        real.ask(real.root, "PUT", f"/aging/{key}", os.urandom(MEBIBYTE))
    # What will have been written a minute from now is old today, so that the test need not wait.
    space = keep(rules=[limits.Rule("aging", "*.log", -60), limits.Rule("nowhere", "", -60)])

    assert space.age() == 2

    status = {key: real.ask(real.root, "HEAD", f"/aging/{key}").status for key in ("run/main.log", "run/model & more")}
    assert status == {"run/main.log": 404, "run/model & more": 200}
    real.wait_until(lambda: real.local.usage().buckets["aging"] < 1.1 * MEBIBYTE)

    def given_back() -> bool:
        # A look passes over a volume that is being written; the keeper asks again as well.
        real.local.vacuum(0.01)
        return real.local.usage().garbage < MEBIBYTE

    real.wait_until(given_back)


def test_uploads_that_nobody_ended_go_also_from_a_bucket_that_is_full_of_them(real, keep):
    backups, path = real.application(2), "/backups/a folder/half+1"
    begun = real.ask(backups, "POST", path, query={"uploads": ""}).body.decode()
    query = {"partNumber": "1", "uploadId": begun.partition("<UploadId>")[2].partition("<")[0]}
    assert real.ask(backups, "PUT", path, os.urandom(2 * MEBIBYTE), query=query).status == 200
    space = keep(quotas={"backups": MEBIBYTE})
    space.look()
    real.wait_until(lambda: real.ask(backups, "PUT", "/backups/more", b"more").status == 403)

    assert space.give_up_uploads() == 0
    assert real.ask(backups, "GET", path, query=query).status == 200
    # What will have been begun a minute from now is old today, so that the test need not wait; others begin some, too.
    assert space.give_up_uploads(-60) > 0

    assert real.ask(backups, "GET", path, query=query).status == 404
    real.wait_until(lambda: space.look() and space.within)


def test_of_many_uploads_each_is_found(real, monkeypatch):
    listing, root = importlib.import_module("s3_listing"), real.of(real.root)
    ask = listing.exchange

    def two_at_once(*arguments, query, **more):
        return ask(*arguments, query={**query, "max-uploads": "2"}, **more)

    monkeypatch.setattr(listing, "exchange", two_at_once)
    real.ask(real.root, "PUT", "/uploading")
    keys = sorted(["a", "a", "a", "b c+/d&", "ä"])
    for key in keys:
        real.ask(real.root, "POST", f"/uploading/{key}", query={"uploads": ""})
    assert [item.key for item in listing.uploads(root, "uploading")] == keys


def test_it_looks_as_often_as_the_disk_could_fill(real, keep):
    assert keep(reserve=0).look() == keeper_space.LONGEST
    assert keep(reserve=real.local.usage().free - 1).look() == keeper_space.SHORTEST
