"""When a run of all tests is green."""

from collections.abc import Callable, Mapping

import pytest
from typer.testing import CliRunner

from tools.test import command, environments, run
from tools.test.results import Count

FINE, FAILED, SKIPPED = run.Result(0, Count(3), 1), run.Result(1, Count(2, 1), 1), run.Result(0, Count(0, 0, 7), 1)
Ended = Callable[..., tuple[int, str]]


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Ended:
    """Return a function that tells how `./test --only model,cluster` ends, and what it prints."""

    def end(*, build: int = 0, lacks: str = "", **results: run.Result) -> tuple[int, str]:
        found: Mapping[str, run.Result] = {"model": FINE, "cluster": FINE, **results}
        monkeypatch.setattr(run, "tox", lambda name, arguments: found[name])
        monkeypatch.setattr(run, "run", lambda program, variables: run.Result(build, Count(), 1))
        monkeypatch.setattr(environments, "no_build", lambda: lacks)
        result = CliRunner().invoke(command.app, ["--only", "model,cluster"])
        return result.exit_code, result.output

    return end


def test_a_run_in_which_all_passed_is_green(ended: Ended) -> None:
    status, said = ended()
    assert (status, "6 passed, 0 failed" in said) == (0, True)


def test_a_failed_test_is_a_failure(ended: Ended) -> None:
    status, said = ended(cluster=FAILED)
    assert (status, "cluster: FAILED with status 1" in said) == (1, True)


def test_a_failed_build_is_a_failure(ended: Ended) -> None:
    status, said = ended(build=1)
    assert (status, "build: FAILED with status 1" in said) == (1, True)


def test_a_build_that_the_machine_cannot_do_is_left_out(ended: Ended) -> None:
    status, said = ended(build=1, lacks="only root can build the testbed")
    assert (status, "build: left out: only root can build the testbed" in said) == (0, True)


def test_a_tier_in_which_no_test_passed_is_a_failure(ended: Ended) -> None:
    status, said = ended(model=SKIPPED)
    assert (status, "model: FAILED: no test passed" in said) == (1, True)


def test_a_tier_in_which_no_test_could_run_is_left_out_where_nothing_can_be_built(ended: Ended) -> None:
    status, said = ended(model=SKIPPED, lacks="only root can build the testbed")
    assert (status, "model: left out: no test passed: only root can build the testbed" in said) == (0, True)


def test_tests_for_which_there_was_no_time_are_named_in_the_end(ended: Ended) -> None:
    status, said = ended(cluster=run.Result(0, Count(3, 0, 2), 1, ("tests/cluster/test_katib.py (2)",)))
    assert (status, "cluster: left out for lack of time: tests/cluster/test_katib.py (2)" in said) == (0, True)
