"""What Juju does to units by itself is told from what a charm does."""

import pytest
from support.jujus_own import VERSION, of_charms

CRASH = "crash loop backoff: back-off 40s restarting failed container={} pod=minio-0_edge(389a18c5)"
BROKEN_OFF = 'unit-minio-0: 01:46:10 INFO juju.worker.uniter awaiting error resolution for "start" hook\n'
FAILED = 'unit-minio-0: 01:46:09 ERROR juju.worker.uniter.operation hook "start" (via dispatch) failed: exit status 1\n'


@pytest.mark.parametrize(
    ("message", "log"),
    [(CRASH.format("charm-init"), ""), ('hook failed: "start"', BROKEN_OFF)],
)
def test_what_the_beta_does_by_itself_is_excused_and_no_other_juju(message: str, log: str):
    assert not of_charms(VERSION, [("minio/0", message)], log)
    assert of_charms("3.6.9", [("minio/0", message)], log)


@pytest.mark.parametrize(
    ("unit", "message", "log"),
    [
        ("minio/0", CRASH.format("charm"), ""),
        ("minio/0", 'hook failed: "start"', FAILED + BROKEN_OFF),
        ("minio/0", 'hook failed: "stop"', BROKEN_OFF),
        ("mysql/0", 'hook failed: "start"', BROKEN_OFF),
        ("minio/0", 'hook failed: "s3-relation-changed" for mysql:s3', BROKEN_OFF),
    ],
)
def test_what_a_charm_does_is_not(unit: str, message: str, log: str):
    assert of_charms(VERSION, [(unit, message)], log) == [(unit, message)]
