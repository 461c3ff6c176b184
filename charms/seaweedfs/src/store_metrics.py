"""What is made of SeaweedFS' numbers, for Grafana and Prometheus.

Source of the names and labels: seaweedfs/seaweedfs 4.53, weed/stats/metrics.go, and what the program shows.
"""

from kubeflow_charms.parts import Alert, Metrics, Panel

PORT = 9327
DISK = 'SeaweedFS_volumeServer_resource{type="%s",%%s}'
FREE = f"{DISK % 'free'} / ignoring(type) {DISK % 'all'}"
RATE = "sum by (type) (rate(SeaweedFS_s3_request_total{%s}[5m]))"
ERRORS = 'sum by (code) (rate(SeaweedFS_s3_request_total{code=~"5..",%s}[5m]))'
LATENCY = "histogram_quantile(0.95, sum by (le, type) (rate(SeaweedFS_s3_request_seconds_bucket{%s}[5m])))"
# The readiness bucket is asked while the store starts, when the first that is written waits for seconds.
REQUESTS = 'SeaweedFS_s3_request_seconds_bucket{type=~"GET|HEAD|PUT",bucket!="kubeflow-readiness",%s}'
SLOW = f"histogram_quantile(0.95, sum by (le) (rate({REQUESTS}[15m])))"
FULL = 'sum by (juju_unit) (SeaweedFS_volumeServer_read_only_volumes{type="IsReadOnly",%s})'

METRICS = Metrics(
    PORT,
    panels=(
        Panel("Part of the disk that is free", FREE),
        Panel("Bytes of each bucket", "SeaweedFS_s3_bucket_size_bytes{%s}"),
        Panel("Requests per second", RATE),
        Panel("Requests per second that fail in the store", ERRORS),
        Panel("Seconds in which 95 of 100 requests are answered", LATENCY),
        Panel("Volumes that take nothing more", FULL),
    ),
    alerts=(
        Alert(
            "SeaweedfsDiskNearlyFull",
            f"{FREE} < 0.1",
            "Less than a tenth of the store's disk is free: juju run seaweedfs/leader list-buckets",
        ),
        Alert(
            "SeaweedfsErrors",
            'sum by (juju_unit) (increase(SeaweedFS_s3_request_total{code=~"5..",%s}[15m])) > 20',
            "The store failed to answer more than 20 requests in a quarter of an hour",
        ),
        Alert("SeaweedfsSlow", f"{SLOW} > 5", "One of 20 requests takes the store more than 5 seconds"),
    ),
)
