"""The real SeaweedFS as the charm starts it: who reaches what, and what outlives what."""

import re
import shutil
import signal
import threading
import time
import urllib.request

import pytest
from support import real_seaweedfs

OWN = ("private-artifacts/alice/run/log", "private/alice/a", "artifacts/alice/a")
FOREIGN = (
    "private-artifacts/bob/secret",
    "private-artifacts/alice2/secret",
    "private-artifacts/alice/../bob/secret",
    "private/bob/secret",
    "artifacts/bob/secret",
    "shared/secret",
    "pipelines/secret",
    "private-artifacts/alice",
    "secret",
)


@pytest.fixture
def secret(real):
    """What others keep; alice is to see none of it."""
    for key in ("private-artifacts/bob/secret", "private-artifacts/alice2/secret", "private/bob/secret", "secret"):
        assert real.ask(real.root, "PUT", f"/mlpipeline/{key}", b"secret").status == 200
    assert real.ask(real.root, "PUT", "/backups/secret", b"secret").status == 200


@pytest.mark.parametrize("key", OWN)
def test_a_profile_writes_reads_lists_and_deletes_what_is_its_own(real, key):
    alice, path, folder = real.profile("alice"), f"/mlpipeline/{key}", key.rpartition("/")[0] + "/"
    assert real.ask(alice, "PUT", path, b"mine").status == 200
    assert real.ask(alice, "GET", path).body == b"mine"
    assert key.encode() in real.ask(alice, "GET", "/mlpipeline", query={"list-type": "2", "prefix": folder}).body
    assert real.ask(alice, "DELETE", path).status == 204


def test_a_profile_uploads_in_parts(real):
    alice, path = real.profile("alice"), "/mlpipeline/private/alice/large"
    begun = real.ask(alice, "POST", path, query={"uploads": ""}).body.decode()
    upload = begun.partition("<UploadId>")[2].partition("<")[0]
    etag = real.ask(alice, "PUT", path, b"x" * 100, query={"partNumber": "1", "uploadId": upload}).headers["etag"]
    parts = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
    assert real.ask(alice, "POST", path, parts.encode(), query={"uploadId": upload}).status == 200
    assert real.ask(alice, "GET", path).body == b"x" * 100


def test_clients_of_a_profile_may_ask_whether_the_bucket_is_there_and_where(real):
    alice = real.profile("alice")
    assert real.ask(alice, "HEAD", "/mlpipeline").status == 200
    assert real.ask(alice, "GET", "/mlpipeline", query={"location": ""}).status == 200


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("key", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_profile_reaches_nothing_of_others(real, method, key):
    answer = real.ask(real.profile("alice"), method, f"/mlpipeline/{key}", b"hers" if method == "PUT" else b"")
    assert answer.status in (400, 403, 404)
    assert b"secret</" not in answer.body.replace(f"{key}</".encode(), b"")
    assert real.ask(real.root, "GET", "/mlpipeline/private-artifacts/bob/secret").body == b"secret"


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    "prefix", ["", "private-artifacts/", "private-artifacts/bob/", "private-artifacts/alice", "private-artifacts/ali"]
)
def test_a_profile_lists_nothing_of_others(real, prefix):
    answer = real.ask(real.profile("alice"), "GET", "/mlpipeline", query={"list-type": "2", "prefix": prefix})
    assert answer.status == 403


@pytest.mark.usefixtures("secret")
def test_a_profile_copies_nothing_of_others_to_itself(real):
    source = {"x-amz-copy-source": "/mlpipeline/private-artifacts/bob/secret"}
    assert real.ask(real.profile("alice"), "PUT", "/mlpipeline/private/alice/got", headers=source).status == 403


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(("method", "path"), [("GET", "/backups"), ("GET", "/backups/secret"), ("PUT", "/another")])
def test_a_profile_reaches_no_other_bucket(real, method, path):
    assert real.ask(real.profile("alice"), method, path).status == 403


@pytest.mark.usefixtures("secret")
def test_applications_reach_their_own_buckets_alone(real):
    pipelines, backups = (real.application(number) for number in (1, 2))
    assert real.ask(pipelines, "GET", "/mlpipeline/private-artifacts/bob/secret").body == b"secret"
    assert real.ask(backups, "GET", "/backups/secret").body == b"secret"
    assert real.ask(pipelines, "GET", "/backups/secret").status == 403
    assert real.ask(backups, "GET", "/mlpipeline/secret").status == 403


def test_an_application_makes_a_bucket_that_it_named_and_no_other(real):
    backups = real.application(2)
    assert real.ask(backups, "HEAD", "/made-later").status == 404
    assert real.ask(backups, "PUT", "/made-later").status == 200
    assert real.ask(backups, "PUT", "/made-later/key", b"a").status == 200
    assert real.ask(backups, "PUT", "/made-never").status == 403


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("query", [{}, {"acl": ""}, {"policy": ""}, {"list-type": "2"}])
def test_who_signs_nothing_gets_nothing(real, query):
    import http.client
    import urllib.parse

    connection = http.client.HTTPConnection("127.0.0.1", real.port, timeout=10)
    connection.request("GET", f"/mlpipeline?{urllib.parse.urlencode(query)}")
    assert connection.getresponse().status == 403
    connection.close()


def test_the_login_of_a_profile_that_is_gone_is_dead(real):
    there = dict(real.cluster.namespaces)
    real.become(**there, carol="uid-4")
    carol = real.profile("carol")
    assert real.ask(carol, "PUT", "/mlpipeline/private/carol/a", b"a").status == 200
    took = real.become(**there)
    assert b"InvalidAccessKeyId" in real.ask(carol, "GET", "/mlpipeline/private/carol/a").body
    assert took < 30


def test_a_namespace_made_again_has_another_login(real):
    there = dict(real.cluster.namespaces)
    real.become(**there, dora="uid-5")
    before = real.profile("dora")
    real.become(**there, dora="uid-6")
    assert real.ask(before, "GET", "/mlpipeline/private/dora/a").status == 403
    assert real.ask(real.profile("dora"), "GET", "/mlpipeline/private/dora/a").status == 404
    real.become(**there)


def test_the_disk_is_watched_where_the_store_sees_it(real):
    found, there = real.local.usage(), shutil.disk_usage(real.folder)
    assert found.size == there.total
    assert found.free == pytest.approx(there.free, abs=there.total / 10)


def test_the_numbers_of_dashboard_and_alerts_are_those_that_seaweedfs_shows(real):
    real.ask(real.root, "GET", "/mlpipeline")
    shown = urllib.request.urlopen(f"http://127.0.0.1:{real.metrics}/metrics").read().decode()
    metrics = real_seaweedfs.seaweedfs_server.store_metrics.METRICS
    used = " ".join(item.expression for item in (*metrics.panels, *metrics.alerts))
    # How large a bucket is, is told a minute after the start.
    names = set(re.findall(r"SeaweedFS_\w+", used)) - {"SeaweedFS_s3_bucket_size_bytes"}
    assert names
    assert not [name for name in names if not re.search(rf"^{name}{{", shown, re.MULTILINE)]


def test_a_thousand_profiles_have_logins_and_are_told_to_the_store_in_seconds(real):
    there = dict(real.cluster.namespaces)
    took = real.become(**there, **{f"user-{number}": str(number) for number in range(1000)})
    assert real.ask(real.profile("user-999"), "PUT", "/mlpipeline/private/user-999/a", b"a").status == 200
    real.become(**there)
    assert took < 60


def test_what_was_acknowledged_outlives_a_kill_during_an_upload(real):
    pipelines, kept = real.application(1), list[str]()
    stopped = threading.Event()

    def upload(worker: int) -> None:
        for number in range(10_000):
            path = f"/mlpipeline/pipelines/{worker}-{number}"
            try:
                if real.ask(pipelines, "PUT", path, path.encode() * 50).status == 200:
                    kept.append(path)
            except OSError:
                return
            if stopped.is_set():
                return

    workers = [threading.Thread(target=upload, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 60
    while len(kept) < 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    real.stop(signal.SIGKILL)
    stopped.set()
    for worker in workers:
        worker.join()
    real.start()
    assert len(kept) >= 200
    lost = [path for path in kept if real.ask(pipelines, "GET", path).body != path.encode() * 50]
    assert lost == []
