"""How launchers find the API in a model that is not called kubeflow.

The driver of release 2.15 does not tell the launcher where the API is, so that looks for `ml-pipeline.kubeflow`, the
default of its flag in backend/src/v2/cmd/launcher-v2; from 2.16 on it is told. Until then every workflow's pods know
that name as one more of the Service's address.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping

from kubeflow_charms.cluster import Object, Reference
from kubeflow_charms.parts import Workload
from kubeflow_charms.parts.observed import observe
from kubeflow_charms.problems import Waiting
from kubeflow_charms.run import Run

NAME = "ml-pipeline.kubeflow"

MEMORY = ".address"
"""Begins a file beside the charm's code: the address, which saves most hooks a call; gone with the pod."""


@dataclasses.dataclass(frozen=True)
class Patched:
    """The API, which patches workflows; made once the cluster has its Service.

    Attributes:
        service: the API's.
        make: returns the API for a patch of workflows' specifications, as JSON.
        proxy: the variables by which drivers, launchers and steps leave the cluster.
    """

    service: str
    make: Callable[[str], Workload]
    proxy: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def declare(self, run: Run) -> None:
        """Declare what the API does."""
        self.make("{}").declare(run)

    def apply(self, run: Run) -> None:
        """Start the API with the patch.

        Raises:
            Waiting: the Service has no address yet, or as `Workload` says.
            Blocked: as `Workload` says.
        """
        patch: dict[str, object] = {}
        if f"{self.service}.{run.namespace}" != NAME:
            patch = {"hostAliases": [{"ip": self._address(run), "hostnames": [NAME]}]}
        if self.proxy:
            variables = [{"name": name, "value": value} for name, value in sorted(self.proxy.items())]
            # Argo calls the container of a step, in which drivers and launchers run as well, main.
            patch["podSpecPatch"] = json.dumps({"containers": [{"name": "main", "env": variables}]})
        self.make(json.dumps(patch)).apply(run)

    def _address(self, run: Run) -> str:
        """Return the Service's address; a Service that somebody deleted comes back with another one."""
        memory = run.sources.parent / f"{MEMORY}-{self.service}"
        if memory.exists() and not (run.look or run.changed):
            return memory.read_text()
        address = _address(observe(run, Reference("v1", "Service", self.service, run.namespace), _address))
        if not address:
            raise Waiting(f"Kubernetes to give the Service {self.service} an address")
        memory.write_text(address)
        return address


def _address(service: Object | None) -> str:
    return (service or {}).get("spec", {}).get("clusterIP") or ""
