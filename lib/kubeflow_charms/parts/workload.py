"""A program in its container: files, command, environment and checks, on every unit."""

import contextlib
import dataclasses
from collections.abc import Mapping

import ops
from ops import pebble

from ..engine.bounded import until
from ..engine.problems import Blocked, Waiting
from ..engine.run import Run
from ..observability.metrics import Metrics
from ..sandbox.identity import ensure
from .answers import accepts, answered, answers, answers_anew, down
from .checks import STARTING, Check, Reachable, TlsCheck, upholding
from .files import File, Files
from .layers import layer_of

MEMORY = ".files"
"""Begins a file beside the charm's code: which files the workload has; gone with the pod, as they are."""
# So long that a failing check is down, and wakes the charm when it recovers; in seconds.
PATIENCE = STARTING.period * STARTING.threshold + 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """A program that Pebble runs; restarted if and only if its command, environment or one of its files changed.

    Its files are its own: one that an earlier plan had, and this one has not, is removed before the restart.

    Attributes:
        container: where it runs; the service has the same name.
        command: what to run, as Pebble splits it.
        environment: variables; never a secret, which belongs in a file.
        files: absolute paths and contents.
        checks: by name; the unit is ready when all of them pass, but for what is only to be `Reachable`.
        folder: the working directory; empty for the image's.
        metrics: where it shows metrics; None if nowhere.
        kill_delay: seconds that the program may take to end; 0 for Pebble's own five.
    """

    container: str
    command: str
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    files: Mapping[str, File] = dataclasses.field(default_factory=dict)
    checks: Mapping[str, Check] = dataclasses.field(default_factory=dict)
    folder: str = ""
    metrics: Metrics | None = None
    kill_delay: int = 0

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster, see `Program`; tell where metrics are."""
        run.claim(f"a program for {self.container}")
        if self.metrics:
            run.metrics[self.container] = self.metrics

    def apply(self, run: Run) -> None:
        """Write the files and run the program.

        Raises:
            Waiting: the container, its own identity or the program is not ready yet, or something outside is away.
            Blocked: the program ends as soon as it starts, and all that it is to reach is there.
        """
        container = run.unit.get_container(self.container)
        if not container.can_connect():
            raise Waiting(f"container {self.container} to start")
        run.require_own_pod()
        try:
            self._replan(run, container, Files(container, run.sources.parent / f"{MEMORY}-{self.container}"))
        except pebble.ChangeError as error:
            if away := [
                check.what for check in self._outside().values() if not accepts(check.host, check.port, timeout=2)
            ]:
                raise Waiting(f"{', '.join(away)} to answer, without which {self.container} does not start") from error
            raise Blocked(
                f"{self.container} ends as soon as it starts; its log says why: "
                f"kubectl logs -n {run.namespace} {run.unit.name.replace('/', '-')} -c {self.container}"
            ) from error
        except pebble.Error as error:
            raise Waiting(
                f"container {self.container} to take its files and command ({type(error).__name__})"
            ) from error
        if not answers(container):
            raise Waiting(f"{self.container} to answer")
        self._settle(container)
        if away := [check.what for name, check in self._outside().items() if down(container, name)]:
            raise Waiting(f"{', '.join(away)} to answer")

    def _outside(self) -> dict[str, Reachable]:
        return {name: check for name, check in self.checks.items() if isinstance(check, Reachable)}

    def _replan(self, run: Run, container: ops.Container, files: Files) -> None:
        before = container.get_plan()
        if identity := run.identities.get(self.container):
            ensure(run, container, identity, anew=self.container not in before.services)
        layer, steady = layer_of(self, before), layer_of(self, before, steady=True)
        kept: dict[str, File] = {}
        if before.services.get(self.container) != layer.services[self.container]:
            kept = files.kept() if self.container in before.services else {}
            files.write(self.files)
        elif before.checks in (layer.checks, steady.checks) and container.get_service(self.container).is_running():
            return
        if before.checks:
            # They would go on to count what the program before this one answered; before Juju 3.6.4 they have to.
            with contextlib.suppress(pebble.APIError):
                container.stop_checks(*before.checks)
        container.add_layer(self.container, layer, combine=True)
        try:
            container.replan()
        except pebble.ChangeError:
            self._restore(container, files, kept, before)
            raise
        until(lambda: answers_anew(container), bool, patience=PATIENCE, pause=0.2)

    def _restore(self, container: ops.Container, files: Files, kept: Mapping[str, File], before: pebble.Plan) -> None:
        """Let the program that ran before go on as it was; the next hook tries the new one again."""
        service = before.services.get(self.container)
        if service is None or not kept:
            return
        files.write(kept)
        checks = {name: check.to_dict() for name, check in before.checks.items()}
        layer = pebble.Layer({"services": {self.container: service.to_dict()}, "checks": checks})
        container.add_layer(self.container, layer, combine=True)
        with contextlib.suppress(pebble.ChangeError):
            container.replan()

    def _settle(self, container: ops.Container) -> None:
        """Ask a program that has answered at its steady pace, and no more what is asked once, see `TlsCheck`."""
        with contextlib.suppress(ops.ModelError, pebble.Error):
            before = container.get_plan()
            layer = layer_of(self, before, steady=True)
            if before.checks == layer.checks:
                return
            infos = container.get_checks()
            if not all(answered(infos[name], check.port) for name, check in upholding(self.checks).items()):
                return
            if once := [name for name, check in self.checks.items() if isinstance(check, TlsCheck)]:
                container.stop_checks(*once)
            container.add_layer(self.container, layer, combine=True)
