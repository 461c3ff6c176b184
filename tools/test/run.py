"""Run one environment of tox, show what it prints, and count its tests."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tools.test.environments import ROOT
from tools.test.results import Count, count
from tools.test.time_limit import LEFT_OUT


@dataclasses.dataclass(frozen=True)
class Result:
    """How a command ended.

    Attributes:
        status: its exit status.
        tests: what pytest counted, all its runs together.
        seconds: how long it took.
        left_out: the files with tests for which there was no time, as pytest named them.
    """

    status: int
    tests: Count
    seconds: float
    left_out: tuple[str, ...] = ()


def tox(name: str, arguments: Sequence[str]) -> Result:
    """Run an environment of tox.ini; `arguments` go to its pytest."""
    # Where CI is set, tox would list every package of every environment, which requirements.lock has already.
    program = [sys.executable, "-m", "tox", "run", "--no-list-dependencies", "-e", name]
    return run([*program, *(["--", *arguments] if arguments else [])], {})


def run(command: Sequence[str], variables: Mapping[str, str], folder: pathlib.Path = ROOT) -> Result:
    """Run a command, passing on each line as it comes."""
    started = time.monotonic()
    tests, left_out = Count(), list[str]()
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() else {}
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **colour, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            tests += count(line) or Count()
            if line.startswith(LEFT_OUT):
                left_out.append(line.removeprefix(LEFT_OUT).strip())
    return Result(process.returncode, tests, time.monotonic() - started, tuple(left_out))
