"""What a deployment takes without Juju: hooks, Kubernetes calls and changes of status, the same in every run."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tools.bench.report import Events, Line
from tools.pack.repository import Repository
from tools.up.errors import Refusal

UNITS: dict[str, str] = {"hooks": "hooks", "calls": "calls", "changes": "changes of status"}


@dataclasses.dataclass(frozen=True)
class Modelled:
    """A run of a bundle by the tests in tests/model.

    Attributes:
        bundle: its name.
        applications: hooks, calls and changes of status until all is active, by application.
        events: from which events the hooks came.
    """

    bundle: str
    applications: Mapping[str, Mapping[str, int]]
    events: Events


def run(repository: Repository, bundle: str) -> Modelled:
    """Deploy a bundle without Juju, on a Kubernetes API of its own.

    Raises:
        Refusal: it does not become active, or there is no kube-apiserver.
    """
    paths = [str(repository.root / folder) for folder in ("tests", "lib", ".")]
    done = subprocess.run(
        [sys.executable, "-m", "model.measure", bundle],
        cwd=repository.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "it says nothing").splitlines()[-1]
        raise Refusal(f"{bundle} cannot be measured without Juju: {last}")
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    events = {name: numbers.pop("events") for name, numbers in found.items()}
    return Modelled(bundle, found, events)


def lines(found: Modelled, before: Mapping[str, Any] | None) -> Iterator[Line]:
    """Yield the numbers of a run, each beside that of the run before, if there was one."""
    earlier: Mapping[str, Mapping[str, int]] = (before or {}).get("applications", {})
    for what, unit in UNITS.items():
        for name, numbers in found.applications.items():
            had = earlier.get(name, {}).get(what)
            yield Line(f"{name}: until active, in the model", numbers[what], unit, before=had)
