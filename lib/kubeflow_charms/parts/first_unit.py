"""The one unit whose storage holds an application's data, and the Service that leads to it alone."""

import dataclasses
from collections.abc import Mapping

import ops

from ..engine.cluster import Object
from ..engine.problems import Blocked
from ..engine.run import Declaration, Run, fingerprint


@dataclasses.dataclass(frozen=True)
class FirstUnit:
    """Data that one unit keeps on its own storage; yield a `Workload` only where `holds` is true.

    Kubernetes numbers units from 0 and takes them away from the top, so that the first one is always there. Juju's
    own Service would lead to every unit, so clients are given `host`.

    Attributes:
        ports: of the Service, by name.
    """

    ports: Mapping[str, int]

    def declare(self, run: Run) -> None:
        """Declare the Service."""
        ports = fingerprint(dict(self.ports))
        run.declare(Declaration("first-unit", ports, lambda: [service(run.app, run.namespace, self.ports)]))

    def apply(self, run: Run) -> None:
        """Let no other unit pass for one that serves.

        Raises:
            Blocked: this is another unit.
        """
        if not holds(run.unit):
            raise Blocked(
                f"{run.app} keeps its data on the storage of {run.app}/0 and runs only there, run: "
                f"juju scale-application {run.app} 1"
            )


def holds(unit: ops.Unit) -> bool:
    """Tell whether a unit is the first."""
    return unit.name.endswith("/0")


def name(app: str) -> str:
    """Return the Service's name."""
    return f"{app}-primary"


def service(app: str, namespace: str, ports: Mapping[str, int]) -> Object:
    """Return the Service of the first unit's pod."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name(app), "namespace": namespace},
        "spec": {
            "selector": {"statefulset.kubernetes.io/pod-name": f"{app}-0"},
            # There is no other pod to turn to, and Kubernetes hears of a program that answers some seconds late.
            "publishNotReadyAddresses": True,
            "ports": [{"name": key, "port": port, "targetPort": port} for key, port in ports.items()],
        },
    }
