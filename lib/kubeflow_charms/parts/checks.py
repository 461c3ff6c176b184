"""How Pebble finds out whether a program answers."""

import contextlib
import dataclasses
import socket

import ops
from ops import pebble

RARELY = 30
"""Seconds between looks at what is outside."""


@dataclasses.dataclass(frozen=True)
class HttpCheck:
    """The workload answers below 400 at this port and path."""

    port: int
    path: str = "/"
    level: str = "ready"

    def layer(self) -> dict[str, object]:
        """Return the check as Pebble wants it."""
        return {"http": {"url": f"http://localhost:{self.port}{self.path}"}, "level": self.level}


@dataclasses.dataclass(frozen=True)
class TcpCheck:
    """The workload accepts connections at this port."""

    port: int
    level: str = "ready"

    def layer(self) -> dict[str, object]:
        """Return the check as Pebble wants it."""
        return {"tcp": {"port": self.port}, "level": self.level}


class TlsCheck(TcpCheck):
    """The workload has accepted a connection at this port, where it speaks TLS; from then on nobody asks.

    Pebble ends the connection before the handshake, which Go's servers log as an error each time, its HTTP check wants
    a certificate that the image trusts, and images of Go programs have nothing for an exec check to run. As long as the
    program does not answer, nobody logs anything, and Pebble wakes the charm when it does. Source: net/http's
    `conn.serve`, and Pebble's internals/overlord/checkstate/checkers.go. Before Juju 3.6.4 no check can be stopped.
    """


@dataclasses.dataclass(frozen=True)
class Reachable:
    """Something outside accepts connections; the unit is ready without it, and its status says what is missing.

    Attributes:
        host, port: where it is to answer.
        what: how the status calls it.
    """

    host: str
    port: int
    what: str

    def layer(self) -> dict[str, object]:
        """Return the check as Pebble wants it, of no level, so that Kubernetes sends users here all the same."""
        return {"tcp": {"host": self.host, "port": self.port}, "period": f"{RARELY}s"}


def answers(container: ops.Container) -> bool:
    """Tell whether a container's program runs and all its checks have passed.

    Pebble calls a check up before it ran for the first time; where it counts successes, one is asked for.
    """
    try:
        services, checks = container.get_services(container.name), container.get_checks()
    except pebble.Error:
        return False
    running = bool(services) and all(service.is_running() for service in services.values())
    return running and all(_passed(check) for check in checks.values() if check.level != pebble.CheckLevel.UNSET)


def stop(container: ops.Container) -> None:
    """End a container's program, with its checks, which would call the pod unready; one that is not up runs none."""
    with contextlib.suppress(pebble.Error):
        if not any(service.is_running() for service in container.get_services(container.name).values()):
            return
        if checks := container.get_plan().checks:
            container.stop_checks(*checks)
        container.stop(container.name)


def _passed(check: pebble.CheckInfo) -> bool:
    if check.status == pebble.CheckStatus.INACTIVE:
        return True
    return check.status == pebble.CheckStatus.UP and (check.successes is None or check.successes > 0)


def answered(check: pebble.CheckInfo, port: int) -> bool:
    """Tell whether an active check has passed, by asking ourselves where Pebble counts no successes."""
    if check.status != pebble.CheckStatus.UP:
        return False
    if check.successes is not None:
        return check.successes > 0
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False


def down(container: ops.Container, name: str) -> bool:
    """Tell whether a check has failed."""
    try:
        return container.get_check(name).status == pebble.CheckStatus.DOWN
    except (ops.ModelError, pebble.Error):
        return False
