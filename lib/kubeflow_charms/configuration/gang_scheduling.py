"""Whether the scheduler that starts a job's pods at once is there.

Source of the groups: kubeflow/training-operator v1.9, which ends when the kind PodGroup is missing, and
kubeflow/trainer v2.3, which looks for it only as it starts.
"""

from ..engine.cluster import Cluster, Reference
from ..engine.problems import Blocked
from .options import name

VOLCANO = "volcano"


def scheduler(value: str | None) -> str:
    """Accept nothing, or the name of a scheduler."""
    return name(value) if (value or "").strip() else ""


def require(cluster: Cluster, application: str, scheduler: str) -> None:
    """Check that the cluster knows the scheduler's groups of pods.

    Args:
        cluster: to look at.
        application: whose option it is.
        scheduler: the option's value, not empty.

    Raises:
        Blocked: it does not.
        Waiting: Kubernetes does not answer.
    """
    group = "scheduling.volcano.sh" if scheduler == VOLCANO else "scheduling.x-k8s.io"
    kind = f"podgroups.{group}"
    if cluster.get(Reference("apiextensions.k8s.io/v1", "CustomResourceDefinition", kind)) is None:
        raise Blocked(
            f"option gang-scheduler: the cluster has no {kind}, install {scheduler}, "
            f"or run: juju config {application} --reset gang-scheduler"
        )
