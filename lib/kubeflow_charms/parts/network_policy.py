"""Ports that only some pods reach, because the programs there believe what callers say of who the user is."""

import dataclasses
import itertools
from collections.abc import Mapping

from ..engine.cluster import Object
from ..engine.run import Declaration, Run, fingerprint
from ..interfaces.wire import principal
from ..networking.pod_networks import remembered
from ..sandbox.confinement import OTHER_NAMESPACES
from .callers import APP_LABEL, Source, application

LAST_PORT = 65535


@dataclasses.dataclass(frozen=True)
class NetworkPolicy:
    """The application's guarded ports; all others stay open, as probes and metrics need.

    A NetworkPolicy keeps others off where the cluster's network enforces it, an AuthorizationPolicy where the pods
    have a sidecar. An application has one at most: what one guards, another would leave open.

    Attributes:
        guarded: who may call, by port.
        collected: guarded ports that show metrics, too, and so let in what is related to collect these.
        webhooks: ports at which the API server asks: what is no pod, and pods of namespaces that are no profile's, may
            call. A program believes what it is asked there, whose rights are more than a user's.
        internal: ports that are nothing to users: pods of namespaces that are no profile's may call.
    """

    guarded: Mapping[int, tuple[Source, ...]] = dataclasses.field(default_factory=dict)
    collected: tuple[int, ...] = ()
    webhooks: tuple[int, ...] = ()
    internal: tuple[int, ...] = ()

    def declare(self, run: Run) -> None:
        """Declare both policies.

        Raises:
            Blocked, Waiting: Kubernetes does not say what is no pod.
        """
        collectors = tuple(application(principal(run.namespace, name), name) for name in run.collectors)
        guarded = {
            port: (*sources, *(collectors if port in self.collected else ()))
            for port, sources in sorted(self.guarded.items())
        }
        told = {str(port): [dataclasses.asdict(source) for source in sources] for port, sources in guarded.items()}
        outside = _no_pods(run) if self.webhooks else []
        asked = dict.fromkeys(sorted(self.webhooks), [] if outside is None else [OTHER_NAMESPACES, *outside])
        asked |= {port: [OTHER_NAMESPACES] for port in sorted(self.internal)}
        run.declare(Declaration("fence", fingerprint(told, asked), lambda: policies(run.app, guarded, asked)))

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the cluster has the policies."""


def policies(
    app: str, guarded: Mapping[int, tuple[Source, ...]], asked: Mapping[int, list[Object]] | None = None
) -> list[Object]:
    """Return the NetworkPolicy, and the AuthorizationPolicy unless nothing is guarded.

    Args:
        app: the application, whose pods are guarded.
        guarded: who may call, by port.
        asked: peers of a NetworkPolicy by port of webhooks, or that is internal; none for everybody.
    """
    asked, selector = asked or {}, {"matchLabels": {APP_LABEL: app}}
    found: list[Object] = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": app},
            "spec": {
                "podSelector": selector,
                "policyTypes": ["Ingress"],
                "ingress": [
                    {"ports": _others(sorted({*guarded, *asked}))},
                    *(_let_in(port, sources) for port, sources in guarded.items() if sources),
                    *(
                        {**({"from": peers} if peers else {}), "ports": [{"port": port, "protocol": "TCP"}]}
                        for port, peers in asked.items()
                    ),
                ],
            },
        }
    ]
    if not guarded:
        return found
    return [
        *found,
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": app},
            "spec": {
                "selector": selector,
                "action": "ALLOW",
                "rules": [
                    {"to": [{"operation": {"notPorts": [str(port) for port in sorted(guarded)]}}]},
                    *(_let_principals_in(port, sources) for port, sources in guarded.items() if sources),
                ],
            },
        },
    ]


def no_users(run: Run) -> list[Object]:
    """Return the peers of a NetworkPolicy that are no pods of users': of other namespaces, and what is no pod.

    Raises:
        Blocked, Waiting: Kubernetes does not say what is no pod.
    """
    return [OTHER_NAMESPACES, *(_no_pods(run) or ())]


def _no_pods(run: Run) -> list[Object] | None:
    binding = run.model.get_binding("juju-info")
    own = str((binding.network.bind_address if binding else None) or "")  # Juju says none in a unit's first hooks
    return remembered(run.sources.parent / ".pod-networks", run.cluster, own)


def _others(guarded: list[int]) -> list[Object]:
    """Return the ranges of ports between the guarded ones."""
    bounds = [0, *guarded, LAST_PORT + 1]
    return [
        {"port": low + 1, "endPort": high - 1, "protocol": "TCP"}
        for low, high in itertools.pairwise(bounds)
        if high - low > 1
    ]


def _let_in(port: int, sources: tuple[Source, ...]) -> Object:
    # Several accounts may have pods with the same labels.
    there = dict.fromkeys((source.namespace, tuple(source.labels.items())) for source in sources)
    peers = [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchLabels": dict(labels)},
        }
        for namespace, labels in there
    ]
    return {"from": peers, "ports": [{"port": port, "protocol": "TCP"}]}


def _let_principals_in(port: int, sources: tuple[Source, ...]) -> Object:
    return {
        "from": [{"source": {"principals": [source.principal for source in sources]}}],
        "to": [{"operation": {"ports": [str(port)]}}],
    }
