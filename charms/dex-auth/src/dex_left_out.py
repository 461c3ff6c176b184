"""Connectors that Dex starts without, and those whose service is away."""

import dataclasses

import ops
from dex_connectors import Connectors, address, files
from dex_refusals import refusals
from kubeflow_charms.engine.run import Run
from kubeflow_charms.parts import Reachable


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Names, in the active status, the connectors that Dex leaves out for what their config says; the others go on."""

    container: str
    connectors: Connectors

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Look for what each connector needs; Dex's log has the rest."""
        container = run.unit.get_container(self.container)
        for connector in self.connectors:
            wanted = [
                *refusals(connector),
                *(
                    f"the file of {setting} is not in the container"
                    for setting, path in files(connector).items()
                    if not _there(container, path)
                ),
            ]
            if wanted:
                run.messages.append(f"connector {connector['id']} is left out: {' and '.join(wanted)}")


def reachable(connectors: Connectors) -> dict[str, Reachable]:
    """Return a check for each connector of which it is known what has to answer."""
    found = ((connector, address(connector)) for connector in connectors)
    return {
        f"connector-{connector['id']}": Reachable(*where, f"the service of connector {connector['id']}")
        for connector, where in found
        if where
    }


def _there(container: ops.Container, path: str) -> bool:
    try:
        return container.exists(path)
    except ops.pebble.Error:
        return True
