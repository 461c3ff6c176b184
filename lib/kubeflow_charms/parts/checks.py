"""How Pebble finds out whether a program answers, and how patiently."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Pace:
    """How often Pebble asks, how long an answer may take, and how many in a row may fail until the check is down.

    Attributes:
        period: seconds between two questions.
        timeout: seconds that an answer may take; less than the period, or Pebble refuses it.
        threshold: how often in a row none may come.
    """

    period: float
    timeout: float
    threshold: int

    def layer(self) -> dict[str, object]:
        """Return these fields of a check as Pebble wants them."""
        return {"period": f"{self.period}s", "timeout": f"{self.timeout}s", "threshold": self.threshold}


STARTING = Pace(3, 2, 2)
"""Until a program has answered: it fails soon, as Pebble tells only of a check that had failed that it passes."""
STEADY = Pace(10, 9, 3)
"""Once it has: on a busy node answers take seconds, and each failure and recovery is a hook that keeps others waiting.
One that is gone is noticed within 30 seconds, as Kubernetes' probes do by default, and one that hangs within 40."""
OUTSIDE = Pace(30, 9, 2)
"""What others run."""
HUNG = Pace(30, 20, 20)
"""One that gives no answer for ten minutes, in which a busy node gives some, is started anew."""


@dataclasses.dataclass(frozen=True)
class HttpCheck:
    """The workload answers below 400 at this port and path.

    Attributes:
        port, path: where.
        level: `ready` for what Kubernetes sends users by, or empty.
        liveness: whether the program itself alone decides about the answer, whatever it waits for, so that to start it
            anew is what helps when none comes for ten minutes. It has to stand in the program's own sources.
    """

    port: int
    path: str = "/"
    level: str = "ready"
    liveness: bool = False

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
        return {"tcp": {"host": self.host, "port": self.port}}


Check = HttpCheck | TcpCheck | Reachable


def upholding(checks: Mapping[str, Check]) -> dict[str, HttpCheck | TcpCheck]:
    """Return the checks without which a program is not up; others only bring something to the charm's notice."""
    return {name: check for name, check in checks.items() if not isinstance(check, Reachable) and check.level}


def planned(check: Check, steady: bool) -> dict[str, object]:
    """Return a check as Pebble wants it, for a program that starts, or for one that has answered."""
    asked_soon = not steady and bool(upholding({"": check}))
    pace = OUTSIDE if isinstance(check, Reachable) else STARTING if asked_soon else STEADY
    once = {"startup": "disabled"} if steady and isinstance(check, TlsCheck) else {}
    return {"override": "replace", **pace.layer(), **check.layer(), **once}
