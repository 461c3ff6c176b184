"""How the programs of the pod are started.

Source of variables and ports: knative/serving v0.49.1 (1.22.1), cmd and config/core/deployments; knative-extensions/
net-istio v0.49.0, cmd/controller.
"""

import dataclasses
from collections.abc import Mapping

import knative_network
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, TcpCheck, TlsCheck, Workload

CONTROLLER, ACTIVATOR, WEBHOOK, ISTIO = "knative-controller", "activator", "webhook", "net-istio-controller"
FOLDER = "/etc/knative"
STARTED_WITH = f"{FOLDER}/started-with.json"
"""What of the configuration is read once: a file, so that a change of it starts a program anew."""
PATIENCE = 60
"""Seconds that the activator may take to end: it goes on for 45 while others learn that it will be gone."""


@dataclasses.dataclass(frozen=True)
class Names:
    """What the application's things are called.

    Attributes:
        app, namespace: the application, and the model's namespace.
        system: the namespace of the activator's and the webhook's configuration. Both programs list all Secrets of the
            namespace that they take for Knative's, so it has none but the webhook's certificate.
    """

    app: str
    namespace: str
    system: str

    @classmethod
    def of(cls, app: str, model: str) -> "Names":
        """Return the names of an application in a model."""
        return cls(app, model, f"{model}-{app}-system")

    def account(self, program: str) -> str:
        """Return a program's ServiceAccount."""
        return f"{self.app}-{program}"

    def user(self, program: str) -> str:
        """Return what Kubernetes calls whoever has the token of a program's ServiceAccount."""
        return f"system:serviceaccount:{self.namespace}:{self.account(program)}"


SERVING = (
    "configuration",
    "domainmapping",
    "gc",
    "labeler",
    "nscert",
    "revision",
    "route",
    "serverlessservice",
    "service",
)
NET_ISTIO = ("ingress", "serverlessservice")
LEASES: Mapping[str, tuple[str, ...]] = {
    CONTROLLER: tuple(f"controller.knative.dev.serving.pkg.reconciler.{it}.reconciler.00-of-01" for it in SERVING),
    ISTIO: tuple(
        f"net-istio-controller.knative.dev.net-istio.pkg.reconciler.{it}.reconciler.00-of-01" for it in NET_ISTIO
    ),
}
"""The leases with which units agree on who works, one for each reconciler of a program, in the model's namespace.

The activator elects nobody; the webhook's are in the namespace of its own.
"""


PROGRAMS = tuple(
    Program(container, role=f"{container}-role.yaml.j2", writable=(FOLDER,))
    for container in (CONTROLLER, ACTIVATOR, WEBHOOK, ISTIO)
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start:
    """What every program is started with.

    Attributes:
        names: the application's.
        pod: the unit's pod.
        domain: the cluster's.
        started_with: configuration that is read once.
    """

    names: Names
    pod: str
    domain: str
    started_with: str

    def environment(self, metrics: int, namespace: str = "", **more: str) -> dict[str, str]:
        """Return a program's variables; its configuration is in the model's namespace unless another is given."""
        common = knative_network.environment(namespace or self.names.namespace, self.pod, metrics, self.domain)
        return {**common, **more}

    @property
    def files(self) -> dict[str, File]:
        """The file for whose change a program starts anew."""
        return {STARTED_WITH: File(self.started_with)}


def controller(start: Start, proxy: Mapping[str, str]) -> Workload:
    """Return the controller; it asks registries for digests, through the model's proxy."""
    metrics = knative_network.CONTROLLER_METRICS
    return Workload(
        container=CONTROLLER,
        command="/ko-app/controller",
        environment=start.environment(metrics, **proxy),
        files=start.files,
        checks={CONTROLLER: HttpCheck(metrics, "/metrics")},
        metrics=Metrics(metrics),
    )


def activator(start: Start, address: str) -> Workload:
    """Return what holds requests until a pod answers.

    Args:
        start: what every program is started with.
        address: the pod's.
    """
    metrics = knative_network.ACTIVATOR_METRICS
    return Workload(
        container=ACTIVATOR,
        command="/ko-app/activator",
        environment=start.environment(metrics, start.names.system, POD_IP=address, GOGC="500"),
        files=start.files,
        checks={ACTIVATOR: TcpCheck(knative_network.HTTP1)},
        metrics=Metrics(metrics),
        kill_delay=PATIENCE,
    )


def webhook(start: Start) -> Workload:
    """Return what checks objects, with the certificate that lies in a Secret."""
    metrics = knative_network.WEBHOOK_METRICS
    return Workload(
        container=WEBHOOK,
        command="/ko-app/webhook",
        environment=start.environment(
            metrics,
            start.names.system,
            WEBHOOK_NAME=start.names.app,
            WEBHOOK_PORT=str(knative_network.WEBHOOKS),
        ),
        files=start.files,
        checks={WEBHOOK: TlsCheck(knative_network.WEBHOOKS)},
        metrics=Metrics(metrics),
    )


def net_istio(start: Start) -> Workload:
    """Return what makes Istio's routes. Of Secrets it looks at those alone that Knative labels, see its role."""
    metrics = knative_network.ISTIO_METRICS
    return Workload(
        container=ISTIO,
        command="/ko-app/controller",
        environment=start.environment(metrics, ENABLE_SECRET_INFORMER_FILTERING_BY_CERT_UID="true"),
        files=start.files,
        checks={ISTIO: HttpCheck(metrics, "/metrics")},
        metrics=Metrics(metrics),
    )
