"""What is made of the gateway's numbers of requests to models, for Grafana and Prometheus.

The pods of models are no units, and COS collects nothing of them; the gateway is one, and counts what it sends to each
Service, where istio-pilot's option telemetry is on. Source of the names and labels: Istio's standard metrics, release
1.30. A Service of Knative's has the number of its Revision at the end.
"""

from kubeflow_charms.parts import Alert, Dashboard, Panel

MODELS = 'reporter="source",destination_service_name=~".+-(predictor|transformer|explainer)(-[0-9]{5,})?"'
EACH = "destination_service_namespace, destination_service_name"
FAILED = f'{MODELS},response_code=~"5.."'


def _rate(chosen: str, over: str, by: str = EACH) -> str:
    return f"sum by ({by}) (rate(istio_requests_total{{{chosen}}}[{over}]))"


def _within(share: float, over: str) -> str:
    """Return the seconds in which a share of the requests is answered."""
    buckets = f"rate(istio_request_duration_milliseconds_bucket{{{MODELS}}}[{over}])"
    return f"histogram_quantile({share}, sum by (le, {EACH}) ({buckets})) / 1000"


DASHBOARD = Dashboard(
    "models",
    "Kubeflow: models",
    "Requests through the gateway, by namespace and model. It needs the gateway's metrics in the same Prometheus, and "
    "juju config istio-pilot telemetry=true.",
    (
        Panel("Requests per second", _rate(MODELS, "5m"), "reqps"),
        Panel("Requests per second, by namespace", _rate(MODELS, "5m", "destination_service_namespace"), "reqps"),
        Panel("Requests per second that fail", _rate(FAILED, "5m"), "reqps"),
        Panel("Requests per second that are refused", _rate(f'{MODELS},response_code="403"', "5m"), "reqps"),
        Panel("Seconds in which half of the requests are answered", _within(0.5, "5m"), "s"),
        Panel("Seconds in which 99 of 100 requests are answered", _within(0.99, "5m"), "s"),
    ),
)
ALERTS = (
    Alert(
        "ModelRequestsFail",
        f"{_rate(FAILED, '15m')} / {_rate(MODELS, '15m')} > 0.05",
        "More than one of 20 requests to {{ $labels.destination_service_name }} in "
        "{{ $labels.destination_service_namespace }} failed in a quarter of an hour: see list-models of serving",
    ),
    Alert(
        "ModelSlow",
        f"{_within(0.95, '15m')} > 10",
        "One of 20 requests to {{ $labels.destination_service_name }} in "
        "{{ $labels.destination_service_namespace }} takes more than ten seconds",
    ),
)
