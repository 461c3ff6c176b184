"""Knative's configuration: ConfigMaps that its programs read as they start, and again when they change.

Source of names and keys: knative/serving v0.49.1 (1.22.1), config/core/configmaps, and knative-extensions/net-istio.
What is left out has the default of the code.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping

LIMITED = ("cpu", "memory", "ephemeral-storage")
INGRESS_CLASS = "istio.ingress.networking.knative.dev"
FEATURES = (
    *(
        f"kubernetes.podspec-{name}"
        for name in (
            "affinity",
            "dnsconfig",
            "dnspolicy",
            "fieldref",
            "hostaliases",
            "init-containers",
            "nodeselector",
            "persistent-volume-claim",
            "persistent-volume-write",
            "priorityclassname",
            "runtimeclassname",
            "schedulername",
            "securitycontext",
            "shareprocessnamespace",
            "tolerations",
            "topologyspreadconstraints",
            "volumes-csi",
            "volumes-image",
        )
    ),
    "multi-container-probing",
    "secure-pod-defaults",
    "tag-header-based-routing",
    "autodetect-http2",
)
"""Those that an operator may turn on; not those by which a user's pod would leave its confinement."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides.

    Attributes:
        queue_proxy: the image of the proxy beside users' pods.
        queue_proxy_requests, queue_proxy_limits: what that asks for and may use, by resource.
        skipped: registries that are not asked for the digests of tags.
        progress_deadline: for how long a Revision may start.
        domain: of host names outside the cluster; "" for none.
        domain_template: how host names are made.
        scale_to_zero: whether the last pod goes.
        grace_period: for how long at most it stays while the activator takes its place.
        stable_window: over which requests are counted.
        concurrency: requests at once that a pod is meant to have.
        burst: requests beyond that for which the activator stays before the pods.
        max_scale: the most pods of a Revision; 0 for no limit.
        timeout: seconds of a request.
        requests, limits: of a container that says nothing, by resource.
        features: flags that are on.
    """

    queue_proxy: str
    queue_proxy_requests: Mapping[str, str]
    queue_proxy_limits: Mapping[str, str]
    skipped: tuple[str, ...]
    progress_deadline: str
    domain: str
    domain_template: str
    scale_to_zero: bool
    grace_period: str
    stable_window: str
    concurrency: int
    burst: int
    max_scale: int
    timeout: int
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    features: tuple[str, ...]


def data(settings: Settings, *, cluster: str) -> dict[str, dict[str, str]]:
    """Return the data of all ConfigMaps, by name.

    Args:
        settings: the operator's.
        cluster: the cluster's domain.
    """
    return {
        "config-autoscaler": {
            "enable-scale-to-zero": _word(settings.scale_to_zero),
            "scale-to-zero-grace-period": settings.grace_period,
            "stable-window": settings.stable_window,
            "container-concurrency-target-default": str(settings.concurrency),
            "target-burst-capacity": str(settings.burst),
            "max-scale": str(settings.max_scale),
        },
        "config-defaults": {
            "revision-timeout-seconds": str(settings.timeout),
            "revision-response-start-timeout-seconds": str(settings.timeout),
            "max-revision-timeout-seconds": str(max(600, settings.timeout)),
            **dict(_amounts("revision", settings.requests, settings.limits)),
        },
        "config-deployment": {
            "queue-sidecar-image": settings.queue_proxy,
            "registries-skipping-tag-resolving": ",".join(settings.skipped),
            "progress-deadline": settings.progress_deadline,
            **dict(_amounts("queue-sidecar", settings.queue_proxy_requests, settings.queue_proxy_limits)),
        },
        # Below the cluster's own domain Knative opens no way from outside.
        "config-domain": {settings.domain or f"svc.{cluster}": ""},
        "config-features": {name: "enabled" for name in FEATURES if name in settings.features},
        "config-gc": {},
        # Routes for sidecars alone, which net-istio takes for ready without asking (net-istio#1524): at the gateway it
        # would be asked to log in. Those from there to models are made by serving.
        "config-istio": {"external-gateways": "[]", "local-gateways": "[]"},
        "config-leader-election": {"lease-duration": "15s", "renew-deadline": "10s", "retry-period": "2s"},
        "config-logging": {"zap-logger-config": json.dumps(LOGGER, sort_keys=True)},
        "config-network": {
            "ingress-class": INGRESS_CLASS,
            "domain-template": settings.domain_template,
            "autocreate-cluster-domain-claims": "true",
        },
        "config-observability": {"metrics-protocol": "prometheus", "request-metrics-protocol": "prometheus"},
        "config-certmanager": {},
        "config-tracing": {},
    }


LOGGER = {
    "level": "info",
    "encoding": "json",
    "outputPaths": ["stdout"],
    "errorOutputPaths": ["stderr"],
    "encoderConfig": {
        "timeKey": "timestamp",
        "levelKey": "severity",
        "nameKey": "logger",
        "callerKey": "caller",
        "messageKey": "message",
        "stacktraceKey": "stacktrace",
        "levelEncoder": "",
        "timeEncoder": "iso8601",
    },
}
"""How programs write what they do; the code's own default has no times."""


def at_start(configuration: Mapping[str, Mapping[str, str]]) -> str:
    """Return the part of the configuration that is read once, for which programs have to start anew."""
    return json.dumps({name: configuration[name] for name in ("config-observability", "config-leader-election")})


def _amounts(prefix: str, requests: Mapping[str, str], limits: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for kind, amounts in (("request", requests), ("limit", limits)):
        for resource, amount in amounts.items():
            yield f"{prefix}-{resource}-{kind}", amount


def _word(value: bool) -> str:
    return "true" if value else "false"
