"""What Juju does to units by itself is told from what a charm does."""

import dataclasses
import datetime

import pytest
from support.jujus_own import MOST, VERSION, Error, broken_off, of_charms, waits_for_nothing
from support.pod_endings import Ending

CRASH = "crash loop backoff: back-off 40s restarting failed container={} pod=minio-0_edge(389a18c5)"
BROKEN_OFF = 'unit-minio-0: 01:46:10 INFO juju.worker.uniter awaiting error resolution for "start" hook\n'
FAILED = 'unit-minio-0: 01:46:09 ERROR juju.worker.uniter.operation hook "start" (via dispatch) failed: exit status 1\n'
NOW = datetime.datetime(2026, 11, 22, 15, 38, 10, tzinfo=datetime.UTC)
BEFORE, LONG_BEFORE, LATER = (NOW + datetime.timedelta(seconds=seconds) for seconds in (-3, -1800, 60))


def charms(unit: str, message: str, log: str = "", *ended: Ending, version: str = VERSION) -> list[tuple[str, str]]:
    """Return what is left of an error of now."""
    return of_charms(version, [Error(unit, message, NOW)], log, ended)


@pytest.mark.parametrize(
    ("message", "log"),
    [(CRASH.format("charm-init"), ""), ('hook failed: "start"', BROKEN_OFF)],
)
def test_what_the_beta_does_by_itself_is_excused_and_no_other_juju(message: str, log: str):
    assert not charms("minio/0", message, log)
    assert charms("minio/0", message, log, version="3.6.9")


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
    assert charms(unit, message, log) == [(unit, message)]


def test_more_of_it_than_chance_brings_is_not_excused(capsys: pytest.CaptureFixture[str]):
    errors = [Error(f"minio/{number}", CRASH.format("charm-init"), NOW) for number in range(MOST + 1)]
    assert of_charms(VERSION, errors[:-1], "", []) == []
    assert f"excused as Juju's own: {MOST} errors of at most {MOST}" in capsys.readouterr().out
    assert len(of_charms(VERSION, errors, "", [])) == MOST + 1


def test_more_broken_hooks_than_chance_brings_are_not_excused():
    log = "".join(BROKEN_OFF.replace("minio-0", f"minio-{number}") for number in range(MOST + 1))
    assert broken_off(VERSION, log) == set()
    assert broken_off(VERSION, BROKEN_OFF) == {("minio/0", "start")}


@pytest.mark.parametrize("version", ["3.6.11", VERSION])
def test_a_stop_that_ended_with_its_pod_is_excused_of_every_juju_and_one_that_failed_of_none(version: str):
    broken, failed = (log.replace('"start"', '"stop"') for log in (BROKEN_OFF, FAILED + BROKEN_OFF))
    assert broken_off(version, broken) == {("minio/0", "stop")}
    assert not charms("minio/0", 'hook failed: "stop"', broken, version=version)
    assert charms("minio/0", 'hook failed: "stop"', failed, version=version)
    assert broken_off("3.6.11", broken + BROKEN_OFF) == {("minio/0", "stop")}


LEFT = {"storage": {"data/0": {"status": {"current": "detached"}}}}


def test_a_model_that_waits_for_a_volume_which_is_gone_is_excused_and_no_other():
    assert waits_for_nothing(VERSION, LEFT, [])
    assert not waits_for_nothing("3.6.9", LEFT, [])
    assert not waits_for_nothing(VERSION, LEFT, ["data-minio-0"])
    assert not waits_for_nothing(VERSION, {"storage": {"data/0": {"status": {"current": "attached"}}}}, [])
    assert not waits_for_nothing(VERSION, {}, [])


UNNAMED = "container error: "
INIT = Ending("minio/0", "charm-init", 1, "Error", BEFORE)
WORKLOAD = Ending("minio/0", "minio", 137, "Error", BEFORE)


def test_an_error_that_names_no_container_is_the_betas_if_its_own_is_the_only_one_that_just_ended():
    assert not charms("minio/0", UNNAMED, "", INIT)
    assert not charms(
        "minio/0", UNNAMED, "", INIT, *(dataclasses.replace(WORKLOAD, at=at) for at in (LONG_BEFORE, LATER))
    )
    assert charms("minio/0", UNNAMED, "", INIT, version="3.6.9")


@pytest.mark.parametrize(
    "ended",
    [
        [],
        [WORKLOAD],
        [INIT, WORKLOAD],
        [dataclasses.replace(INIT, unit="mysql/0")],
        [dataclasses.replace(INIT, at=LONG_BEFORE)],
    ],
)
def test_an_error_that_names_no_container_is_the_charms_otherwise(ended: list[Ending]):
    assert charms("minio/0", UNNAMED, "", *ended) == [("minio/0", UNNAMED)]
