"""What is made of Katib's numbers of experiments and trials, for Grafana and Prometheus.

Source of the names and states: kubeflow/katib v0.19.0, pkg/controller.v1beta1. Its counters begin anew with the program
and only the leader has them; these numbers are those of the cluster, and every unit shows them all.
"""

import katib_network
from kubeflow_charms.parts import Alert, Metrics, Panel

HALF_AN_HOUR = "30m"


def _now(metric: str, state: str, ago: str = "") -> str:
    offset = f" offset {ago}" if ago else ""
    return f'sum(max by (namespace) ({metric}{{status="{state}",%s}}{offset}))'


def _more(metric: str, state: str) -> str:
    """Return whether there are more in a state than half an hour ago."""
    return f"{_now(metric, state)} - ({_now(metric, state, HALF_AN_HOUR)} or vector(0)) > 0"


def _by_state(metric: str) -> str:
    return f"sum by (status) (max by (namespace, status) ({metric}{{%s}}))"


METRICS = Metrics(
    katib_network.METRICS,
    panels=(
        Panel("Experiments by state", _by_state("katib_experiments_current")),
        Panel("Trials by state", _by_state("katib_trials_current")),
    ),
    alerts=(
        Alert(
            "KatibExperimentFailed",
            _more("katib_experiments_current", "Failed"),
            "An experiment failed within half an hour: juju run katib/leader list-experiments",
        ),
        Alert(
            "KatibTrialsWithoutNumbers",
            _more("katib_trials_current", "MetricsUnavailable"),
            "Trials ended without numbers within half an hour: their collectors, or the database manager",
        ),
    ),
)
