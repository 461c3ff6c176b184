"""Admission webhooks, registered once their workload answers."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from .. import handshake
from ..problems import Waiting
from ..run import Declaration, Run, fingerprint
from ..templates import render
from . import workload
from .workload import answers


@dataclasses.dataclass(frozen=True)
class Webhooks:
    """Webhook configurations: made only when the container that serves them answers, removed before all else.

    Attributes:
        name: the part's name.
        template: a Jinja2 file in the charm's src folder.
        container: the workload that must answer first.
        context: what the template may use; `ca_bundle` is the usual name for the authority, in base64.
        port: at which the workload must speak TLS as well; 0 where its checks tell enough. A `TcpCheck` there would
            fill its log, see `handshake`.
    """

    name: str
    template: str
    container: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    port: int = 0

    def declare(self, run: Run) -> None:
        """Declare the webhooks, to be made when the workload answers."""
        text = run.source(self.template)
        context = run.context(self.context)
        container = run.unit.get_container(self.container)
        run.declare(
            Declaration(
                self.name,
                fingerprint(text, context),
                lambda: render(text, context),
                when=lambda: answers(container) and self._serves(),
            )
        )

    def apply(self, run: Run) -> None:
        """Wait until the port is served, but no longer than for a check; the library commits once more after this.

        Raises:
            Waiting: the workload runs, and does not speak TLS.
        """
        if not answers(run.unit.get_container(self.container)):
            return  # The workload says so.
        deadline = time.monotonic() + workload.PATIENCE
        while not self._serves():
            if time.monotonic() >= deadline:
                raise Waiting(f"{self.container} to answer at port {self.port}")
            time.sleep(0.2)

    def _serves(self) -> bool:
        return not self.port or handshake.completes(self.port)
