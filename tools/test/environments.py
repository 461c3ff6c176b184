"""The kinds of tests, by the environment of tox.ini that runs each, and what each needs of a machine."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable

from testbed import cache, requirements
from testbed.errors import TestbedError
from testbed.paths import Paths

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "kubeflow-tests"
"""A testbed beside the one that `./up` makes, which the tests may switch off and fill."""


@dataclasses.dataclass(frozen=True)
class Environment:
    """A kind of tests.

    Attributes:
        name: its name in tox.ini.
        minutes: how long it takes on two cores when all programs are built; measured in CI.
        folders: where its tests are, if pytest runs it.
        lacks: returns what this machine lacks for it, or "".
        testbed: whether it runs on a testbed, which has to be up before and gone afterwards.
    """

    name: str
    minutes: float
    folders: tuple[str, ...] = ()
    lacks: Callable[[], str] = lambda: ""
    testbed: bool = False

    def left_out(self, root: pathlib.Path = ROOT) -> str:
        """Return why it cannot be run, or ""."""
        if self.folders and not any(tests(root / folder) for folder in self.folders):
            return f"there are no tests in {', '.join(self.folders)}"
        return self.lacks()


def tests(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the files with tests below a folder."""
    return sorted(folder.rglob("test_*.py"))


def no_build() -> str:
    """Return why the programs that tests run cannot be built here, or ""."""
    return "" if os.geteuid() == 0 else "only root can build the testbed"


def _no_testbed() -> str:
    if no_build():
        return "there is no testbed without root"
    try:
        paths = Paths.from_environment()
    except TestbedError as error:
        return str(error)
    return "; ".join(requirements.refusals(requirements.Host.look(paths, cache.directory()), paths))


ENVIRONMENTS = (
    Environment("lint", 2),
    Environment("unit", 14, ("lib/tests", "tests/unit", "tests/wire", "charms")),
    Environment("model", 20, ("tests/model",)),
    Environment("cluster", 7, ("tests/cluster",)),
    Environment("integration", 30, ("tests/integration",), _no_testbed, testbed=True),
)
"""In the order they are run: what finds mistakes soonest comes first."""


def choose(only: str) -> list[Environment]:
    """Return the environments of a list of names with commas between them, or all if it is empty.

    Raises:
        ValueError: there is no such environment; the message names those there are.
    """
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = [environment.name for environment in ENVIRONMENTS]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no environment {name!r}; there are {', '.join(known)}")
    return [environment for environment in ENVIRONMENTS if not names or environment.name in names]
