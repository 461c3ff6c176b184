from pathlib import Path

import pytest

from testbed import juju_database
from testbed.errors import TestbedError
from testbed.paths import Paths


def test_what_the_database_did_not_know_is_read_from_its_volume(tmp_path: Path) -> None:
    paths = Paths("probe", tmp_path)
    folder = paths.volumes / "pvc-1_controller-testbed_storage" / "db"
    folder.mkdir(parents=True)
    (folder / "unknown.log").write_text("")
    assert juju_database.unknown(paths) == []
    (folder / "unknown.log").write_text("unknown: command a\nunknown: command b\n")
    assert juju_database.unknown(paths) == ["unknown: command a", "unknown: command b"]


def test_a_testbed_without_the_database_cannot_say_that_all_was_known(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=r"has no unknown\.log of Juju's database: does this testbed have Juju 3\.6"):
        juju_database.unknown(Paths("probe", tmp_path))
