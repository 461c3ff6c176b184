"""An experiment's algorithm is told of the trials of its own namespace, and of no other's with the same name.

Katib tells an algorithm of all trials of the cluster that have the labels of its experiment, and its name as one more.
It gives an experiment's labels to its trials as well. So Kubernetes labels every experiment and every trial with its
namespace, whatever its user says, by a MutatingAdmissionPolicy: then the trials of others lack one of the labels.

Source: kubeflow/katib v0.19.0, pkg/controller.v1beta1: `ReconcileSuggestion` lists by `TrialLabels`, in all namespaces.
"""

import dataclasses
import logging
import pathlib
from collections.abc import Iterator

import katib_controller
from katib_experiments import VERSION
from kubeflow_charms.engine import remembered, user_objects
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.engine.problems import Blocked
from kubeflow_charms.engine.run import Run
from kubeflow_charms.parts import Manifests, Part
from kubeflow_charms.parts.answers import answers
from kubeflow_charms.sandbox import mutating_policies

logger = logging.getLogger(__name__)

LABEL = "katib.kubeflow.org/namespace"
MEMORY, EVERY = ".own-trials", 3300
"""A file beside the charm's code: that all had the label; looked at anew after so many seconds."""


def parts(run: Run) -> Iterator[Part]:
    """Yield what labels experiments and trials, where Kubernetes can: by default since 1.36.

    Raises:
        Waiting: Kubernetes does not answer.
    """
    if version := mutating_policies.served(run):
        yield Manifests("own-trials", "own-trials.yaml.j2", {"version": version, "label": LABEL})
        yield Earlier(run.sources.parent / MEMORY)


@dataclasses.dataclass(frozen=True)
class Earlier:
    """What was there before is labelled, too.

    Attributes:
        memory: a file that tells when was last looked; the unit's own, and gone with its pod.
    """

    memory: pathlib.Path

    def declare(self, run: Run) -> None:
        """Nothing of it is the application's own."""

    def apply(self, run: Run) -> None:
        """Label it, on the leader, once an hour, while the controller is there to be asked about experiments.

        Raises:
            Waiting: Kubernetes does not answer.
        """
        if not run.leader or remembered.recent(self.memory, EVERY):
            return
        if not answers(run.unit.get_container(katib_controller.PROGRAM.container)):
            return
        from lightkube.operators import not_exists

        # An experiment with the label finds no trial without it.
        for kind in ("Trial", "Experiment"):
            everywhere = Reference(VERSION, kind, "list", user_objects.EVERYWHERE)
            for item in user_objects.list_all(run.cluster, everywhere, {LABEL: not_exists()}):
                name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
                fields = {"metadata": {"labels": {LABEL: namespace}}}
                try:
                    user_objects.merge(run.cluster, Reference(VERSION, kind, name, namespace), fields)
                except Blocked as refusal:  # of an experiment that Katib would not take any more
                    told = "%s %s of %s is told of trials in other namespaces until it is deleted: %s"
                    logger.warning(told, kind, name, namespace, refusal)
        self.memory.touch()
