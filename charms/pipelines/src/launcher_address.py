"""How launchers find the API in a model that is not called kubeflow.

The driver of release 2.15 does not tell the launcher where the API is, so that looks for `ml-pipeline.kubeflow`, the
default of its flag in backend/src/v2/cmd/launcher-v2; from 2.16 on it is told. Until then every workflow's pods know
that name as one more of the Service's address.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Mapping

from kubeflow_charms.cluster import Reference
from kubeflow_charms.parts import Workload
from kubeflow_charms.problems import Waiting
from kubeflow_charms.run import Run

NAME = "ml-pipeline.kubeflow"


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
        # Kubernetes tells a pod the addresses of the Services that were there before it, which saves each hook a call.
        told = os.environ.get(f"{self.service.upper().replace('-', '_')}_SERVICE_HOST")
        if told:
            return told
        found = run.cluster.get(Reference("v1", "Service", self.service, run.namespace)) or {}
        address = found.get("spec", {}).get("clusterIP")
        if not address:
            raise Waiting(f"Kubernetes to give the Service {self.service} an address")
        return address
