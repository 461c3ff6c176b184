"""A container whose program another unit runs."""

import contextlib
import dataclasses

from ops import pebble

from ..run import Run


@dataclasses.dataclass(frozen=True)
class Idle:
    """The program of a container is to run on another unit; the library's own part for `Charm.leader_only`.

    Attributes:
        container: whose service is stopped, with its checks, which would call the pod unready.
    """

    container: str

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Stop the program, if this unit led before; a container that is not up yet runs none."""
        container = run.unit.get_container(self.container)
        with contextlib.suppress(pebble.Error):
            if not any(service.is_running() for service in container.get_services(self.container).values()):
                return
            if checks := container.get_plan().checks:
                container.stop_checks(*checks)
            container.stop(self.container)
