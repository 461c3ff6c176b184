"""The versions of Juju that a testbed can have: what differs between them, and which one is taken."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.errors import TestbedError

VARIABLE = "TESTBED_JUJU"


@dataclass(frozen=True)
class User:
    """A user with a group of the same name and number, as a line of /etc/passwd makes it."""

    name: str
    number: int
    home: str = "/nonexistent"
    shell: str = "/usr/sbin/nologin"

    def hook(self) -> str:
        """Return the shell command that adds it to the root file system `$1`."""
        user = f"{self.name}:x:{self.number}:{self.number}::{self.home}:{self.shell}"
        return f"echo {user} >> $1/etc/passwd && echo {self.name}:x:{self.number}: >> $1/etc/group"


@dataclass(frozen=True)
class Version:
    """One version of Juju.

    Attributes:
        module: the folder in `testbed/modules` that pins it.
        controller: the folder of the controller's program in Juju's `cmd`.
        users: whom the agents look up; the root file system of charm containers has them.
        provider: the folder in `testbed/modules` of a program that does its controller's work in Kubernetes, for tests.
        environment: further variables that the controller is built with.
        database: the image of the database that the controller's pod runs beside it; "" if it has none.
    """

    module: str
    controller: str
    users: tuple[User, ...]
    provider: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    database: str = ""


AGENT = User("juju", 170, "/home/juju", "/bin/bash")
"""Whom Juju's agents run as."""
SYSLOG = User("syslog", 171)
"""Who owns the log files of 3.6 (core/paths/logfile.go); without it every model's workers fail."""
ABSENT = "-g -O2 -Ddqlite_node_enable_disk_mode=dqlite_node_stop"
"""3.6's go-dqlite names a function that libdqlite 1.18 no longer has, and nothing calls it; `-g -O2` is cgo's own."""

VERSIONS: Mapping[str, Version] = {
    "3.6": Version(
        module="juju36",
        controller="jujud",
        users=(AGENT, SYSLOG),
        provider="provider36",
        environment={"CGO_CFLAGS": ABSENT},
        database="ghcr.io/juju/juju-db:4.4",
    ),
    "4.1": Version(module="juju", controller="jujud-controller", users=(AGENT,), provider="provider41"),
}
DEFAULT = "3.6"
"""The release that users have."""
ALWAYS = "4.1"
"""What every testbed had before there was a choice."""


def choose(asked: str = "", recorded: str = "", variables: Mapping[str, str] = os.environ) -> str:
    """Return which version a testbed has: the one it was made with, or else the one that is asked for.

    Args:
        asked: what was asked for, or "" for what `TESTBED_JUJU` says.
        recorded: what the testbed was made with, or "" if there is none yet.
        variables: the environment.

    Raises:
        TestbedError: there is no such version, or the testbed has another one.
    """
    asked = asked or variables.get(VARIABLE, "")
    for name in (asked, recorded):
        if name and name not in VERSIONS:
            raise TestbedError(f"there is no Juju {name!r} for the testbed: choose {' or '.join(VERSIONS)}")
    if recorded and asked not in ("", recorded):
        raise TestbedError(
            f"this testbed has Juju {recorded}, not {asked}: run `down` first, or make another one with TESTBED_NAME"
        )
    return recorded or asked or DEFAULT
