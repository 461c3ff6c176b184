"""What is run where there is too little time for all."""

import sys
import time
from pathlib import Path

import pytest

from tools.test import run, time_limit
from tools.test.environments import Environment

MODEL, CLUSTER = Environment("model", 20), Environment("cluster", 10)
TESTS = """
def test_first(): pass
def test_second(): pass
"""


def test_with_time_for_all_the_first_gets_what_the_others_do_not_need() -> None:
    assert time_limit.share(45 * 60, [MODEL, CLUSTER]) == 35 * 60


def test_with_too_little_time_each_gets_its_share() -> None:
    assert time_limit.share(15 * 60, [MODEL, CLUSTER]) == 10 * 60


def test_without_any_time_nothing_is_left() -> None:
    assert time_limit.share(-5, [MODEL, CLUSTER]) == 0


def test_without_a_limit_pytest_gets_no_deadline() -> None:
    assert time_limit.arguments(None, [MODEL]) == []


@pytest.mark.parametrize(("seconds", "passed"), [(60, 2), (-1, 0)])
def test_no_test_begins_after_the_deadline_and_its_file_is_named(tmp_path: Path, seconds: int, passed: int) -> None:
    (tmp_path / "test_both.py").write_text(TESTS)
    deadline = ["-p", time_limit.PLUGIN, "--deadline", str(time.time() + seconds)]
    result = run.run([sys.executable, "-m", "pytest", *deadline, "--rootdir", str(tmp_path), str(tmp_path)], {})
    assert (result.status, result.tests.passed) == (0, passed)
    assert result.left_out == (() if passed else ("test_both.py (2)",))
