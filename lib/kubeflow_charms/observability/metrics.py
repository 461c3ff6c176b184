"""What a workload shows of itself, and what is made of it for people to look at."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Panel:
    """A part of the dashboard, beside those that every charm has.

    Attributes:
        title: what people read.
        expression: in Prometheus' language; `%s` in it chooses this application.
        unit: Grafana's name of what the numbers are.
    """

    title: str
    expression: str
    unit: str = "short"


@dataclasses.dataclass(frozen=True)
class Alert:
    """Something that somebody should look at, though the program runs.

    Attributes:
        name: of the alert.
        expression: in Prometheus' language; `%s` in it chooses this application.
        summary: what it means, and where to look.
    """

    name: str
    expression: str
    summary: str


@dataclasses.dataclass(frozen=True)
class Metrics:
    """Where a workload shows metrics in Prometheus' format, at the pod's own address.

    Attributes:
        port, path: where.
        panels, alerts: what is made of them beyond what is made of every program's.
    """

    port: int
    path: str = "/metrics"
    panels: tuple[Panel, ...] = ()
    alerts: tuple[Alert, ...] = ()
