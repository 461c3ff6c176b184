"""How Pebble finds out whether a program answers."""

import dataclasses

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
