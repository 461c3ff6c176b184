"""Containers that ended with an error, by themselves or by a probe, while nobody had deleted their pod."""

import dataclasses
import datetime
import threading
import time
from collections.abc import Iterator

import httpx2
import lightkube
from lightkube.resources.core_v1 import Pod


@dataclasses.dataclass(frozen=True)
class Ending:
    """One end of a container.

    Attributes:
        unit: whose container it was, such as `minio/0`.
        container: its name.
        status: its exit status, which is not zero.
        reason: Kubernetes's word for it, such as `Error` or `OOMKilled`.
        at: when it ended.
    """

    unit: str
    container: str
    status: int
    reason: str
    at: datetime.datetime


def endings(pod: Pod) -> Iterator[Ending]:
    """Yield what ended with an error in a pod that nobody deleted: of each container its present and its last state."""
    assert pod.metadata is not None
    if pod.metadata.deletionTimestamp is not None or pod.status is None:
        return
    application, _, number = (pod.metadata.name or "").rpartition("-")
    for container in [*(pod.status.initContainerStatuses or ()), *(pod.status.containerStatuses or ())]:
        for state in (container.lastState, container.state):
            ended = state.terminated if state else None
            if ended and ended.exitCode != 0 and ended.finishedAt:
                unit = f"{application}/{number}"
                yield Ending(unit, container.name, ended.exitCode, ended.reason or "", ended.finishedAt)


class PodWatch:
    """Takes note of what ends in the pods of a namespace, from its making to the end of the process."""

    def __init__(self, client: lightkube.Client, namespace: str) -> None:
        self._seen: list[Ending] = []
        threading.Thread(target=self._look, args=(client, namespace), daemon=True).start()

    @property
    def seen(self) -> list[Ending]:
        """Return what ended so far, each end once."""
        return list(dict.fromkeys(self._seen))

    def _look(self, client: lightkube.Client, namespace: str) -> None:
        while True:
            try:
                for _, pod in client.watch(Pod, namespace=namespace):
                    self._seen += endings(pod)
            except (httpx2.HTTPError, ValueError):
                # The API server went in the middle of a line, is not there, or has forgotten where this was.
                time.sleep(1)
