"""A dashboard for Grafana beside the one of the charm's own programs."""

import dataclasses

from ..engine.run import Run
from ..observability.metrics import Panel


@dataclasses.dataclass(frozen=True)
class Dashboard:
    """A dashboard of metrics of whatever programs; nothing in it chooses this application.

    Attributes:
        name: tells it from others of this charm.
        title: what people read in Grafana's list.
        description: what it needs.
        panels: in the order in which they are shown; `%s` in their expressions stays as it is.
    """

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster; Grafana gets it where it is related.

        Raises:
            Twice: there is another of this name.
        """
        run.claim(f"the dashboard {self.name}")
        run.dashboards[self.name] = (self.title, self.description, self.panels)

    def apply(self, run: Run) -> None:
        """Nothing is to be done."""
