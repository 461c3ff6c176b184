"""The ports at which the application's Service answers."""

import dataclasses

from ..engine.run import Run


@dataclasses.dataclass(frozen=True)
class Ports:
    """TCP ports of the unit, which Juju adds to the application's Service.

    Never patch that Service as well: Juju's firewaller and the patch would undo each other for ever.
    """

    numbers: tuple[int, ...]

    def __init__(self, *numbers: int):
        object.__setattr__(self, "numbers", numbers)

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster; all ports are in one part."""
        run.claim("a list of ports")

    def apply(self, run: Run) -> None:
        """Open what is missing and close what is too much."""
        run.unit.set_ports(*self.numbers)
