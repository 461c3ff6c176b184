"""`python -m tools test`: run every environment that this machine can, and sum up."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import typing
from collections.abc import Iterator

import typer

from testbed import lifecycle
from testbed.errors import TestbedError
from testbed.paths import Paths
from tools.test import environments, run, time_limit
from tools.test.environments import Environment
from tools.test.results import Count

app = typer.Typer()
FAILED = "FAILED"


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(
    context: typer.Context,
    only: typing.Annotated[
        str, typer.Option(help="Environments of tox.ini with commas between, such as lint,unit; all without it.")
    ] = "",
    within: typing.Annotated[
        float, typer.Option(envvar="TEST_WITHIN", help="Minutes after which no test begins; 0 is no limit.")
    ] = 80,
) -> None:
    """Run all tests that this machine can, and say what was left out; other arguments go to pytest.

    The integration tests run on the testbed kubeflow-tests, or the one that TESTBED_NAME chooses; it is taken down
    afterwards, unless it was there before. TESTBED_JUJU chooses its Juju. The exit status is not 0 if anything failed:
    a test, the build of the programs that tests run, or a tier in which no test passed. Where the time is too short
    for all, as on a machine that builds everything first, each tier gets its share, and what was left out is named.
    """
    end = time.time() + 60 * within if within else None
    os.environ.setdefault("TESTBED_NAME", environments.NAME)
    try:
        chosen = environments.choose(only)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    lines: list[str] = []
    total = Count()
    if any(environment.folders for environment in chosen):
        lines += build()
    for place, environment in enumerate(chosen):
        reason = environment.left_out()
        if reason:
            lines.append(f"{environment.name}: left out: {reason}")
            continue
        result = run_one(environment, [*context.args, *time_limit.arguments(end, able(chosen[place:]))])
        total += result.tests
        counted = f", {result.tests}" if environment.folders else ""
        lines.append(f"{environment.name}: {verdict(environment, result)} in {result.seconds:.0f} s{counted}")
        lines += [f"{environment.name}: {time_limit.LEFT_OUT}{files}" for files in result.left_out]
    print("", *lines, total, sep="\n", flush=True)
    raise typer.Exit(1 if any(FAILED in line for line in lines) else 0)


def able(chosen: list[Environment]) -> list[Environment]:
    """Return those that this machine can run."""
    return [environment for environment in chosen if not environment.left_out()]


def build() -> list[str]:
    """Build the programs that tests run for real, and return what could not be done about it."""
    skipped = "tests that run programs of the testbed are skipped where it was not built before"
    if reason := environments.no_build():
        return [f"build: left out: {reason}; {skipped}"]
    print("--- build", flush=True)
    result = run.run([sys.executable, "-m", "testbed", "build"], {})
    return [f"build: {FAILED} with status {result.status}; {skipped}"] if result.status else []


def verdict(environment: Environment, result: run.Result) -> str:
    """Return how an environment ended; one in which no test passed has shown nothing."""
    if result.status != 0:
        return f"{FAILED} with status {result.status}"
    if not environment.folders or result.tests.passed:
        return "passed"
    reason = environments.no_build()
    return f"left out: no test passed: {reason}" if reason else f"{FAILED}: no test passed"


def run_one(environment: Environment, arguments: list[str]) -> run.Result:
    """Run an environment, with a testbed around it if it needs one; what pytest gets are the arguments."""
    print(f"--- {environment.name}", flush=True)
    with testbed_gone_afterwards() if environment.testbed else contextlib.nullcontext():
        return run.tox(environment.name, arguments if environment.folders else [])


@contextlib.contextmanager
def testbed_gone_afterwards() -> Iterator[None]:
    """Take the testbed down at the end, unless it is there already."""
    paths = Paths.from_environment()
    there = paths.record.exists()
    try:
        yield
    finally:
        if not there:
            try:
                lifecycle.down(paths)
            except TestbedError as error:
                print(f"the testbed was not taken down: {error}", file=sys.stderr)
