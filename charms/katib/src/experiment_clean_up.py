"""Experiments that ended long ago are deleted, with their trials and numbers, where an operator wants that."""

import dataclasses
import datetime
import pathlib

import katib_experiments
from kubeflow_charms.engine import remembered
from kubeflow_charms.engine.cluster import Object, Reference
from kubeflow_charms.engine.run import Run

EVERY = 3300
"""Seconds between two looks; a little less than an hour, of which each twelfth update-status is a part."""


@dataclasses.dataclass(frozen=True)
class CleanUp:
    """The experiments that ended longer ago than a time are gone.

    Attributes:
        age: the time.
        memory: a file that tells when was last looked; the unit's own, and gone with its pod.
    """

    age: datetime.timedelta
    memory: pathlib.Path

    def declare(self, run: Run) -> None:
        """Nothing of it is the application's own."""

    def apply(self, run: Run) -> None:
        """Delete them, on the leader, once an hour.

        Raises:
            Blocked: the application lacks trust.
            Waiting: Kubernetes does not answer.
        """
        if not run.leader or remembered.recent(self.memory, EVERY):
            return
        before = datetime.datetime.now(datetime.UTC) - self.age
        for item in katib_experiments.found(run.cluster, ""):
            if ended_before(item, before):
                metadata = item["metadata"]
                reference = Reference(katib_experiments.VERSION, "Experiment", metadata["name"], metadata["namespace"])
                run.cluster.delete(reference)
        self.memory.touch()


def ended_before(experiment: Object, moment: datetime.datetime) -> bool:
    """Tell whether an experiment ended before a moment; not, if it goes on or says nothing that can be read."""
    text = (experiment.get("status") or {}).get("completionTime") or ""
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) < moment
    except (ValueError, TypeError):
        return False
