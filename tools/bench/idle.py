"""What a hook costs that finds nothing to change.

`update-status` is run with `juju exec`, in the same context as any hook, because Juju runs it by itself once a minute
at most. The CPU time is that of the charm's process and of the hook tools it calls; what the unit's agent spends on
the hook is not in it, and is the same for all charms.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import statistics
import time
from collections.abc import Iterable

import jubilant

RUNS = 5
"""The first one warms the page cache and is not counted."""

MEASURE = """\
import json, os, resource, subprocess, time
spent = []
began = time.time()
for _ in range({runs}):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = dict(os.environ, JUJU_DISPATCH_PATH="hooks/update-status")
    subprocess.run(["./dispatch"], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print(json.dumps({{"seconds": spent, "began": began, "ended": time.time()}}))
"""


@dataclasses.dataclass(frozen=True)
class Idle:
    """What it took.

    Attributes:
        seconds: CPU time of one hook, the median.
        calls: requests to Kubernetes of one hook, or None if the testbed keeps no record of them.
    """

    seconds: float
    calls: float | None


def measure(juju: jubilant.Juju, unit: str, audit: pathlib.Path) -> Idle:
    """Run a hook of a unit a few times.

    Args:
        juju: the client, with the model set.
        unit: which unit.
        audit: the API server's audit log.

    Raises:
        jubilant.CLIError: Juju refused.
        jubilant.TaskError: the hook failed.
    """
    offset = audit.stat().st_size if audit.exists() else 0
    task = juju.exec("python3", "-c", MEASURE.format(runs=RUNS), unit=unit)
    found = json.loads(task.stdout.strip().splitlines()[-1])
    seconds = statistics.median(found["seconds"][1:])
    if not audit.exists():
        return Idle(seconds, None)
    time.sleep(1)
    with audit.open("rb") as log:
        log.seek(min(offset, audit.stat().st_size))
        lines = log.read().decode(errors="replace").splitlines()
    account = f"system:serviceaccount:{juju.model}:{unit.partition('/')[0]}"
    return Idle(seconds, calls(lines, account) / RUNS)


def calls(lines: Iterable[str], account: str) -> int:
    """Count the requests of an account in an audit log, a JSON object a line (audit.k8s.io/v1)."""
    return sum(_user(line) == account for line in lines)


def _user(line: str) -> str:
    try:
        event = json.loads(line)
    except ValueError:
        return ""
    return str(event.get("user", {}).get("username", "")) if event.get("stage") == "ResponseComplete" else ""
