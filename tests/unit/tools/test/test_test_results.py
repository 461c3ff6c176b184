"""Counting what pytest prints."""

import pytest

from tools.test import environments
from tools.test.results import Count, count


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("============ 12 passed in 0.53s ============", Count(12)),
        ("= 1 failed, 3 passed, 2 skipped, 1 warning in 61.02s (0:01:01) =", Count(3, 1, 2)),
        ("===== 2 errors in 0.10s =====", Count(0, 2)),
        ("1 passed, 4 deselected in 0.01s", Count(1)),
        ("\x1b[32m==== \x1b[32m\x1b[1m5 passed\x1b[0m\x1b[32m in 1.20s\x1b[0m\x1b[32m ====\x1b[0m", Count(5)),
        ("3 xfailed, 1 xpassed in 0.01s", Count(3, 1)),
        ("no tests ran in 0.01s", Count()),
    ],
)
def test_the_last_line_of_a_run_is_counted(line, found):
    assert count(line) == found


@pytest.mark.parametrize("line", ["", "collected 3 items", "12 passed, 0 failed", "FAILED a.py::b - in 1 passed"])
def test_other_lines_are_not_counted(line):
    assert count(line) is None


def test_counts_add_up_and_are_written_as_one_plain_line():
    assert str(Count(3, 1) + Count(4, 0, 2)) == "7 passed, 1 failed, 2 skipped"
    assert str(Count(3)) == "3 passed, 0 failed"


def test_an_environment_without_tests_is_left_out(tmp_path):
    (tmp_path / "tests/model").mkdir(parents=True)
    model = next(each for each in environments.ENVIRONMENTS if each.name == "model")
    assert model.left_out(tmp_path) == "there are no tests in tests/model"


def test_an_environment_with_tests_is_not_left_out(tmp_path):
    (tmp_path / "tests/model").mkdir(parents=True)
    (tmp_path / "tests/model/test_all.py").touch()
    model = next(each for each in environments.ENVIRONMENTS if each.name == "model")
    assert model.left_out(tmp_path) == ""


def test_environments_are_chosen_by_name_and_run_in_their_own_order():
    assert [each.name for each in environments.choose("unit, lint")] == ["lint", "unit"]
    assert environments.choose("") == list(environments.ENVIRONMENTS)


def test_an_unknown_environment_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="there is no environment 'speed'; there are lint, unit"):
        environments.choose("speed")
