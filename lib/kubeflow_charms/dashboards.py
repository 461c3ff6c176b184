"""A dashboard for Grafana of what every program shows that uses Prometheus' client libraries.

Source of the metric names: Prometheus' client libraries for Go, Python and Node (`process_*`), Prometheus itself
(`up`, `scrape_samples_scraped`), and controller-runtime (`controller_runtime_*`, `workqueue_depth`).
"""

from collections.abc import Mapping
from typing import Any

from .run import Metrics

# Grafana's charm fills these in with drop-downs for the model, the application and the unit.
CHOSEN = (
    'juju_model=~"$juju_model",juju_model_uuid=~"$juju_model_uuid",'
    'juju_application=~"$juju_application",juju_unit=~"$juju_unit"'
)
FAILURES = "sum by (juju_unit, controller) (rate(controller_runtime_reconcile_errors_total{%s}[5m]))"
PANELS = (
    ("Answers when asked for metrics", "up{%s}", "short"),
    ("Processor", "rate(process_cpu_seconds_total{%s}[5m])", "short"),
    ("Resident memory", "process_resident_memory_bytes{%s}", "bytes"),
    ("Open files", "process_open_fds{%s}", "short"),
    ("Reconciliations that failed", FAILURES, "ops"),
    ("Waiting work", "sum by (juju_unit, name) (workqueue_depth{%s})", "short"),
)
WIDTH, HEIGHT, COLUMNS = 12, 8, 2


def dashboard(charm: str, metrics: Mapping[str, Metrics]) -> dict[str, Any]:
    """Return a dashboard.

    Args:
        charm: its name, which is the dashboard's title.
        metrics: of those containers that show any.
    """
    own = [(panel.title, panel.expression, "short") for _, shown in sorted(metrics.items()) for panel in shown.panels]
    return {
        "title": charm,
        "tags": ["kubeflow", charm],
        "description": f"Metrics of {', '.join(sorted(metrics)) or 'nothing'}.",
        "schemaVersion": 36,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-3h", "to": "now"},
        "panels": [_panel(number, *panel) for number, panel in enumerate((*own, *PANELS))],
    }


def _panel(number: int, title: str, expression: str, unit: str) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${prometheusds}"}
    return {
        "id": number + 1,
        "title": title,
        "type": "timeseries",
        "datasource": source,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "expr": expression.replace("%s", CHOSEN), "datasource": source}],
    }
