"""What a hook costs that finds nothing to change.

`update-status` is run with `juju exec`, in the same context as any hook, because Juju runs it by itself once a minute
at most. The CPU time is that of the charm's process and of the hook tools it calls; what the unit's agent spends on
the hook is not in it, and is the same for all charms.
"""

from __future__ import annotations

import json
import statistics

import jubilant

RUNS = 5
"""The first one warms the page cache and is not counted."""

MEASURE = """\
import json, os, resource, subprocess
spent = []
for _ in range({runs}):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = dict(os.environ, JUJU_DISPATCH_PATH="hooks/update-status")
    subprocess.run(["./dispatch"], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
print(json.dumps(spent))
"""


def measure(juju: jubilant.Juju, unit: str) -> float:
    """Run a hook of a unit `RUNS` times and return the median of its CPU time in seconds.

    Raises:
        jubilant.CLIError: Juju refused.
        jubilant.TaskError: the hook failed.
    """
    task = juju.exec("python3", "-c", MEASURE.format(runs=RUNS), unit=unit)
    return statistics.median(json.loads(task.stdout.strip().splitlines()[-1])[1:])
