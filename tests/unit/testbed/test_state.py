from pathlib import Path

import pytest

from testbed import limits, packages, state
from testbed.errors import TestbedError
from testbed.paths import Paths
from testbed.state import Record


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths("probe", tmp_path / "state")


def test_there_is_no_testbed_in_an_empty_or_missing_directory(paths: Paths) -> None:
    assert state.read(paths) is None
    paths.state.mkdir()
    assert state.read(paths) is None


def test_a_record_is_read_as_it_was_written(paths: Paths) -> None:
    record = Record(load_balancer=False, bootstrapped=True, limits={"a": 1})
    state.write(paths, record)
    assert state.read(paths) == record


def test_a_directory_of_something_else_is_refused(paths: Paths) -> None:
    paths.state.mkdir()
    (paths.state / "thesis.tex").touch()
    with pytest.raises(TestbedError, match="no testbed's: choose another TESTBED_STATE"):
        state.read(paths)


@pytest.mark.parametrize("content", ["{", '{"unknown": 1}', "[]"])
def test_a_damaged_record_is_refused_with_what_to_do(paths: Paths, content: str) -> None:
    paths.state.mkdir()
    paths.record.write_text(content)
    with pytest.raises(TestbedError, match="is damaged: remove"):
        state.read(paths)


def test_limits_are_raised_once_and_set_back(tmp_path: Path) -> None:
    for number, name in enumerate(limits.NEEDED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("128\n" if number == 0 else "9999999\n")
    first = next(iter(limits.NEEDED))
    before = limits.increase(tmp_path)
    assert before == {first: 128}
    assert limits.increase(tmp_path) == {}
    limits.restore(before, tmp_path)
    assert (tmp_path / first).read_text() == "128"


def test_a_limit_that_somebody_else_changed_is_left(tmp_path: Path) -> None:
    first = next(iter(limits.NEEDED))
    (tmp_path / first).parent.mkdir(parents=True)
    (tmp_path / first).write_text("4096")
    limits.restore({first: 128}, tmp_path)
    assert (tmp_path / first).read_text() == "4096"


def test_only_packages_whose_sign_is_missing_are_installed() -> None:
    assert packages.missing([("a", "sh"), ("b", "no-such-program"), ("c", "/proc"), ("d", "/no/such/file")]) == [
        "b",
        "d",
    ]
