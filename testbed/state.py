"""What was asked of a testbed and how far it came, kept in a file of its state directory."""

import dataclasses
import json
import os
from dataclasses import dataclass, field

from testbed import juju_versions, profiles
from testbed.errors import TestbedError
from testbed.network import DOMAIN, Network
from testbed.paths import Paths
from testbed.profiles import PROFILES, Profile


@dataclass(frozen=True)
class Record:
    """What `up` was asked for, so that `start` does the same, and what it has finished.

    Attributes:
        load_balancer: services of the type LoadBalancer get addresses.
        network_policies: they are enforced.
        juju: the version of Juju.
        domain: the cluster's domain.
        ip_family: the kinds of address, a key of `network.FAMILIES`.
        profile: what the cluster is like, a key of `profiles.PROFILES`.
        rbac: the API server authorises by RBAC; None as the profile has it.
        proxy: there is a proxy to what is outside.
        registry: there is a registry that asks for a login.
        gpus: how many devices the node announces of each resource.
        bootstrapped: Juju's controller is there, so that it need not be made again.
        limits: what the host's limits were before they were raised.
    """

    load_balancer: bool = True
    network_policies: bool = True
    juju: str = juju_versions.ALWAYS
    domain: str = DOMAIN
    ip_family: str = "ipv4"
    profile: str = profiles.DEFAULT
    rbac: bool | None = None
    proxy: bool = False
    registry: bool = False
    gpus: dict[str, int] = field(default_factory=dict[str, int])
    bootstrapped: bool = False
    limits: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def network(self) -> Network:
        """The network that it was made with."""
        return Network(self.domain, self.ip_family)

    @property
    def cluster(self) -> Profile:
        """What the cluster is like."""
        return PROFILES[self.profile]

    @property
    def authorizes(self) -> bool:
        """Whether the API server asks who may do what."""
        return self.cluster.rbac if self.rbac is None else self.rbac


def read(paths: Paths) -> Record | None:
    """Return the record, or None if there is no testbed.

    Raises:
        TestbedError: the directory is something else's, or the record is damaged.
    """
    try:
        return Record(**json.loads(paths.record.read_text()))
    except FileNotFoundError:
        if paths.state.is_dir() and any(paths.state.iterdir()):
            raise TestbedError(f"{paths.state} is not empty and no testbed's: choose another TESTBED_STATE") from None
        return None
    except (ValueError, TypeError) as error:
        raise TestbedError(f"{paths.record} is damaged: remove {paths.state} and run `up` again") from error


def write(paths: Paths, record: Record) -> None:
    """Replace the record, at once or not at all."""
    paths.state.mkdir(parents=True, exist_ok=True)
    unfinished = paths.record.with_suffix(".new")
    unfinished.write_text(json.dumps(dataclasses.asdict(record), indent=1))
    os.replace(unfinished, paths.record)
