"""Where one testbed keeps its files, and how it is called."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError

DEFAULT_NAME = "kubeflow-testbed"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Paths:
    """The files of one testbed, all below `state`; only the cache is shared by all testbeds of a machine.

    Attributes:
        name: names the testbed and its control groups; two testbeds with different names do not meet.
        state: the directory that `down` removes as a whole.
    """

    name: str
    state: Path

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> "Paths":
        """Return the testbed that `TESTBED_NAME` and `TESTBED_STATE` choose.

        Raises:
            TestbedError: the name cannot name a control group, or the state is no absolute path.
        """
        name = variables.get("TESTBED_NAME") or DEFAULT_NAME
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", name):
            raise TestbedError(
                f"TESTBED_NAME is {name!r}: use at most 41 lower-case letters, digits and dashes, a letter first"
            )
        state = Path(variables.get("TESTBED_STATE") or f"/var/lib/{name}")
        if not state.is_absolute() or len(state.parts) < 3:
            raise TestbedError(f"TESTBED_STATE is {state}: give an absolute path, not directly below /")
        return cls(name, state)

    @property
    def record(self) -> Path:
        """What was asked for and how far it came; marks the directory as a testbed's."""
        return self.state / "testbed.json"

    @property
    def programs(self) -> Path:
        """Links to the programs under the names that people and Kubernetes call them."""
        return self.state / "bin"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's access to Kubernetes."""
        return self.state / "admin.conf"

    @property
    def juju_data(self) -> Path:
        """The Juju client's own files."""
        return self.state / "juju"

    @property
    def store(self) -> Path:
        """The charms and bundles that the charm store serves."""
        return self.state / "store"

    @property
    def certificates(self) -> Path:
        """Keys, certificates and tokens of the cluster."""
        return self.state / "certificates"

    @property
    def configuration(self) -> Path:
        """Configuration files of the programs that run."""
        return self.state / "configuration"

    @property
    def logs(self) -> Path:
        """One file for each program."""
        return self.state / "log"

    @property
    def kubelet(self) -> Path:
        """What kubelet keeps of pods."""
        return self.state / "kubelet"

    @property
    def volumes(self) -> Path:
        """What pods keep in persistent volumes."""
        return self.state / "volumes"

    @property
    def machine_socket(self) -> Path:
        """Where process 1 of the testbed takes requests."""
        return self.state / "run" / "machine.sock"

    @property
    def machine_process(self) -> Path:
        """Which process is process 1 of the testbed, as the host counts."""
        return self.state / "run" / "machine.json"

    @property
    def containerd_socket(self) -> Path:
        """Where the container runtime takes requests."""
        return self.state / "run" / "containerd.sock"

    def variables(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return `base` with what a command needs to use the testbed.

        Proxies are left out: nothing outside can be reached from within, and addresses within must not be
        asked for outside.
        """
        kept = {key: value for key, value in base.items() if not key.lower().endswith("_proxy")}
        return {**kept, **self.exports(base)}

    def exports(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the variables that name this testbed and lead to its Kubernetes and its Juju."""
        return {
            "TESTBED_NAME": self.name,
            "TESTBED_STATE": str(self.state),
            "TESTBED_CACHE": str(cache.directory()),
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(self.state / "kubectl"),
            "JUJU_DATA": str(self.juju_data),
            "PATH": f"{self.programs}:{base.get('PATH') or os.defpath}",
        }
