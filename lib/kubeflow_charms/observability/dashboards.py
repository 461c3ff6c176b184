"""A dashboard for Grafana of what every program shows that uses Prometheus' client libraries.

Source of the metric names: Prometheus' client libraries for Go, Python and Node (`process_*`), Prometheus itself
(`up`, `scrape_samples_scraped`), and controller-runtime (`controller_runtime_*`, `workqueue_depth`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .metrics import Metrics, Panel

# Grafana's charm fills these in with drop-downs for the model, the application and the unit.
CHOSEN = (
    'juju_model=~"$juju_model",juju_model_uuid=~"$juju_model_uuid",'
    'juju_application=~"$juju_application",juju_unit=~"$juju_unit"'
)
FAILURES = "sum by (juju_unit, controller) (rate(controller_runtime_reconcile_errors_total{%s}[5m]))"
PANELS = (
    Panel("Answers when asked for metrics", "up{%s}"),
    Panel("Processor", "rate(process_cpu_seconds_total{%s}[5m])"),
    Panel("Resident memory", "process_resident_memory_bytes{%s}", "bytes"),
    Panel("Open files", "process_open_fds{%s}"),
    Panel("Reconciliations that failed", FAILURES, "ops"),
    Panel("Waiting work", "sum by (juju_unit, name) (workqueue_depth{%s})"),
)
WIDTH, HEIGHT, COLUMNS = 12, 8, 2


def dashboard(charm: str, metrics: Mapping[str, Metrics]) -> dict[str, Any]:
    """Return a dashboard.

    Args:
        charm: its name, which is the dashboard's title.
        metrics: of those containers that show any.
    """
    own = [panel for _, shown in sorted(metrics.items()) for panel in shown.panels]
    chosen = [Panel(it.title, it.expression.replace("%s", CHOSEN), it.unit) for it in (*own, *PANELS)]
    return page(charm, charm, f"Metrics of {', '.join(sorted(metrics)) or 'nothing'}.", chosen)


def page(charm: str, title: str, description: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """Return a dashboard of a charm with these panels."""
    return {
        "title": title,
        "tags": ["kubeflow", charm],
        "description": description,
        "schemaVersion": 36,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-3h", "to": "now"},
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${prometheusds}"}
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": source,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "expr": panel.expression, "datasource": source}],
    }
