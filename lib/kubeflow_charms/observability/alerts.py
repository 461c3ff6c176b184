"""What Prometheus is to tell people of, in the format of its rules."""

from collections.abc import Mapping
from typing import Any

from ..engine.run import Run


def rules(run: Run, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the rule by which a program that shows no metrics for five minutes wakes somebody, and the charm's own.

    Args:
        run: with the metrics.
        labels: by which Prometheus knows the application.
    """
    chosen = ",".join(f'{key}="{value}"' for key, value in labels.items())
    down = {
        "alert": "KubeflowProgramDown",
        "expr": f"up{{{chosen}}} < 1",
        "for": "5m",
        "labels": {"severity": "critical", **labels},
        "annotations": {
            "summary": "{{ $labels.juju_unit }} shows no metrics of {{ $labels.container }}",
            "description": f"See juju status {run.app} and its README, under Repair.",
        },
    }
    own = [
        {
            "alert": alert.name,
            "expr": alert.expression.replace("%s", chosen),
            "labels": {"severity": "warning", **labels},
            "annotations": {"summary": alert.summary, "description": f"See juju status {run.app} and its README."},
        }
        for _, metrics in sorted(run.metrics.items())
        for alert in metrics.alerts
    ]
    return {"groups": [{"name": f"{run.namespace}_{run.app}_down", "rules": [down, *own]}]}
