"""What a set has, and what a rehearsal finds wrong with it."""

import dataclasses
import pathlib

import pytest

from tools.backup import command, volumes
from tools.backup.sets import INDEX, Set, Volume, digest
from tools.restore import rehearsal
from tools.up.errors import Refusal

SET = Set(
    made="2026-11-22T04:00:00Z",
    model="kubeflow",
    database="mysql",
    backup="2026-11-22T04:00:01Z",
    rows={"mlpipeline.run_details": (3, 5), "mlpipeline.new": (-1, 1)},
    endpoint="https://s3.example.com",
    buckets={"mlpipeline": 7},
    volumes=(Volume("ada", "work", "1Gi", ("ReadWriteOnce",), "", "", True),),
)


def test_a_set_is_read_as_it_was_written(tmp_path: pathlib.Path) -> None:
    SET.write(tmp_path)
    assert Set.read(tmp_path) == SET


def test_a_backup_that_was_broken_off_is_no_set(tmp_path: pathlib.Path) -> None:
    with pytest.raises(Refusal, match="no set, or one that was not finished"):
        Set.read(tmp_path)


@pytest.mark.parametrize("text", ["[]", "format: 1", "format: 1\nvolumes: [{}]\nrows: {}", "{"])
def test_a_file_that_is_none_of_ours_is_refused(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(Refusal, match="cannot be read"):
        Set.read(tmp_path)


def test_an_archive_that_changed_is_refused(tmp_path: pathlib.Path) -> None:
    (volume,) = SET.volumes
    archive = volume.archive(tmp_path)
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"files")
    volumes.check(dataclasses.replace(volume, digest=digest(archive)), tmp_path)
    archive.write_bytes(b"other")
    with pytest.raises(Refusal, match="missing or damaged"):
        volumes.check(dataclasses.replace(volume, digest=SET.made), tmp_path)


def test_rows_may_be_those_of_any_moment_of_the_backup() -> None:
    assert not list(rehearsal.different_rows(SET, {"mlpipeline.run_details": 4}))
    assert list(rehearsal.different_rows(SET, {"mlpipeline.run_details": 2, "mlpipeline.new": 0})) == [
        "table mlpipeline.run_details has 2 rows, expected 3 to 5"
    ]
    assert list(rehearsal.different_rows(SET, {})) == ["there is no table mlpipeline.run_details"]


def test_a_bucket_with_fewer_objects_is_named() -> None:
    assert not list(rehearsal.missing_objects(SET, {"mlpipeline": 9}))
    assert list(rehearsal.missing_objects(SET, {})) == ["bucket mlpipeline has 0 objects, expected 7"]


def test_what_comes_or_goes_while_objects_are_copied_is_not_expected_back():
    before, after = {"mlpipeline": 21, "models": 5, "gone": 1}, {"mlpipeline": 22, "models": 4, "new": 3}
    assert command.throughout(before, after) == {"mlpipeline": 21, "models": 4, "gone": 0}
