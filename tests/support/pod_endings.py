"""Containers that ended with an error, by themselves or by a probe, while nobody had deleted their pod."""

import dataclasses
import threading
import time
from collections.abc import Iterator

import httpx2
import lightkube
from lightkube.models.core_v1 import ContainerStatus
from lightkube.resources.core_v1 import Pod


@dataclasses.dataclass(frozen=True)
class Ending:
    """One end of a container.

    Attributes:
        unit: whose container it was, such as `minio/0`.
        container: its name.
        status: its exit status, which is not zero.
        reason: Kubernetes's word for it, such as `Error` or `OOMKilled`.
    """

    unit: str
    container: str
    status: int
    reason: str


def endings(pod: Pod) -> Iterator[Ending]:
    """Yield what ended with an error in a pod that nobody deleted: of each container its present and its last state."""
    assert pod.metadata is not None
    if pod.metadata.deletionTimestamp is not None or pod.status is None:
        return
    application, _, number = (pod.metadata.name or "").rpartition("-")
    for container in [*(pod.status.initContainerStatuses or ()), *(pod.status.containerStatuses or ())]:
        for status, reason in _ended(container):
            yield Ending(f"{application}/{number}", container.name, status, reason)


def _ended(container: ContainerStatus) -> Iterator[tuple[int, str]]:
    for state in (container.lastState, container.state):
        ended = state.terminated if state else None
        if ended and ended.exitCode != 0:
            yield ended.exitCode, ended.reason or ""


class PodWatch:
    """Takes note of what ends in the pods of a namespace, from its making to the end of the process."""

    def __init__(self, client: lightkube.Client, namespace: str) -> None:
        self._seen: list[Ending] = []
        threading.Thread(target=self._look, args=(client, namespace), daemon=True).start()

    @property
    def seen(self) -> list[Ending]:
        """Return what ended so far, each kind of end of a container once."""
        return list(dict.fromkeys(self._seen))

    def _look(self, client: lightkube.Client, namespace: str) -> None:
        while True:
            try:
                for _, pod in client.watch(Pod, namespace=namespace):
                    self._seen += endings(pod)
            except httpx2.HTTPError:  # The API server is not there, or has forgotten where this was.
                time.sleep(1)
