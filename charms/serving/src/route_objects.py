"""What leads to a model from the gateway, and what keeps others off; runs in a container of its own.

Only Python's standard library is there.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import knative_routes
from knative_routes import Knative, Share

Object = dict[str, Any]
Ports = tuple[tuple[int, str], ...]
SERVICES, GRAPHS, PROGRAMS = "InferenceService", "InferenceGraph", "Service"
"""The last is Knative's, of a program that users have it run without KServe."""
VERSIONS = {
    SERVICES: "serving.kserve.io/v1beta1",
    GRAPHS: "serving.kserve.io/v1alpha1",
    PROGRAMS: "serving.knative.dev/v1",
}
LABELS = {
    SERVICES: "serving.kserve.io/inferenceservice",
    GRAPHS: "serving.kserve.io/inferencegraph",
    PROGRAMS: "serving.knative.dev/service",
}
"""By which the pods of each are told: kserve/kserve v0.15.2, pkg/constants; knative/serving, pkg/apis/serving."""
INTERNAL = ("networking.kserve.io/visibility", "networking.knative.dev/visibility")
"""The labels of what its owner wants no route to, if they say `cluster-local`."""
NAMES = {SERVICES: "serving-{}", GRAPHS: "serving-graph-{}", PROGRAMS: "serving.{}"}
"""Of what is made, by kind."""
CREDENTIALS = ("authorization", "cookie")
"""What says to the gateway who asks; whoever serves a model could be her with it."""
HTTP = 80
METRICS = 15020
"""Of a sidecar, with those of the program beside it: istio/istio, pkg/config/mesh, enablePrometheusMerge."""
AGAIN = {"attempts": 2, "retryOn": "503"}
"""A Splitter drops one request of 101 before it has asked anybody: kserve#5408, mended after 0.17."""
RUNTIME = 8080
"""Where the charm's runtimes listen, and what KServe takes for the port of a container that says none."""
CLEAR = ("http", "http2")
"""How the names of ports begin that a sidecar knows to speak HTTP; KServe says it of those for gRPC."""
GRPC = ("grpc", "h2c")
"""How the names of ports for gRPC begin: kserve/kserve v0.15.2, reconcilers/service."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the charm says.

    Attributes:
        manager: the field manager of what is made.
        labels: the mark that it bears.
        profiles: the label of namespaces that models are served in, as `key=value`.
        gateway: namespace and name of the Gateway.
        proxies: the namespace of its proxies.
        domain: the cluster's.
        hosts: the domain below which models have host names; "" for none.
        monitoring: the namespace of who may ask for metrics; "" for none.
        platform: the namespace that Knative's programs are in.
        principal: what the mesh calls the gateway.
        key: what the keys are made of that the gateway sends to models by way of Knative's activator.
    """

    manager: str
    labels: Mapping[str, str]
    profiles: str
    gateway: str
    proxies: str
    domain: str
    hosts: str
    monitoring: str
    platform: str
    principal: str
    key: str


@dataclasses.dataclass(frozen=True)
class Server:
    """An InferenceService, an InferenceGraph, or a Service of Knative's that is neither's.

    Attributes:
        kind, namespace, name, uid: which.
        entry: the Service that is asked.
        explainer: the Service that is asked for explanations; "" for none.
        http, grpc: the ports of the entry; 0 for no gRPC.
        unclear: the ports of the Services' pods, with protocols, where no Service tells them to a sidecar.
        internal: whether its owner wants no route to it.
        knative: whether Knative runs it.
        shares: by Service, which Revisions Knative shares requests among.
        users: whom its namespace lets in through the gateway.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    entry: str
    explainer: str = ""
    http: int = HTTP
    grpc: int = 0
    unclear: Mapping[str, Ports] = dataclasses.field(default_factory=dict)
    internal: bool = False
    knative: bool = False
    shares: Mapping[str, tuple[Share, ...]] = dataclasses.field(default_factory=dict)
    users: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, item: Object, knative: Knative, services: Mapping[tuple[str, str], Object]) -> "Server":
        """Return what an object of one of the kinds is.

        Args:
            kind: the object's.
            item: the object.
            knative: what Knative says of it.
            services: KServe's, by namespace and name.
        """
        metadata, spec = item["metadata"], item.get("spec") or {}
        name = metadata["name"]
        entry, explainer, http, grpc = name, "", HTTP, 0
        if kind == SERVICES:
            component = "transformer" if spec.get("transformer") else "predictor"
            entry = f"{name}-{component}"
            http, grpc = _ports(spec.get(component) or {})
            explainer = f"{name}-explainer" if spec.get("explainer") else ""
        internal = "cluster-local" in visibility(metadata)
        namespace = metadata["namespace"]
        names = [service for service in (entry, explainer) if service]
        asked = (*names, f"{name}-predictor") if kind == SERVICES else names
        unclear = {it: ports for it in dict.fromkeys(asked) if (ports := _unclear(services.get((namespace, it)) or {}))}
        found = cls(kind, namespace, name, metadata["uid"], entry, explainer, http, grpc, unclear, internal)
        shares = {it: knative.shares[namespace, it] for it in names if (namespace, it) in knative.shares}
        if kind != PROGRAMS and not shares and not knative_routes.by_knative(item):
            return found
        return dataclasses.replace(
            found,
            knative=True,
            shares=shares,
            users=knative.users.get(namespace, ()),
            # No sidecar would ask who the user is.
            internal=internal or not knative_routes.asks(item),
        )

    @property
    def placed(self) -> bool:
        """Whether there is something to lead to, which Knative says of what it runs."""
        return not self.knative or all(service in self.shares for service in (self.entry, self.explainer) if service)

    @property
    def prefix(self) -> str:
        """The path below which it is reached."""
        return f"/serving/{self.namespace}/{self.name}"


def visibility(metadata: Object) -> tuple[Any, ...]:
    """Return what labels say of whether there is to be a route."""
    labels = metadata.get("labels") or {}
    return tuple(labels.get(name) for name in INTERNAL)


def objects(server: Server, settings: Settings, *, routed: bool) -> Iterator[Object]:
    """Yield what one server needs.

    Args:
        server: it.
        settings: the charm's.
        routed: whether there is no other server at its path.
    """
    if routed and not server.internal:
        if server.placed:
            yield _route(server, settings)
        if server.placed and settings.hosts:
            yield _host_route(server, settings)
        if server.knative:
            # Before there is a route: a sidecar learns of it as its pod starts, and not after the first request.
            yield _entry(server, settings)
        else:
            for service in filter(None, (server.entry, server.explainer)):
                yield _encryption(server, settings, service)
            for service, ports in server.unclear.items():
                yield _protocols(server, settings, service, ports)
    yield _fence(server, settings)


def _ports(component: Object) -> tuple[int, int]:
    """Return the ports of the Service for HTTP and for gRPC, 0 for none.

    KServe puts the first at 80, and others at their own number; those that a model names before its runtime's.
    """
    containers = component.get("containers") or [component.get("model") or {}]
    ports = [(port.get("name") or "", port["containerPort"]) for port in containers[0].get("ports") or []]
    ports = [(name, number if index else HTTP) for index, (name, number) in enumerate(ports)]
    grpc = next((number for name, number in ports if name.startswith(GRPC)), 0)
    http = next((number for name, number in ports if not name.startswith(GRPC)), 0)
    return http or (HTTP if component.get("containers") or not grpc else RUNTIME), grpc


def _unclear(service: Object) -> Ports:
    """Return the ports of a Service's pods, with protocols; none if the Service tells a sidecar all.

    Knative takes no container's port that is called `http`, so those of the charm's runtimes are not.
    """
    ports = [port for port in (service.get("spec") or {}).get("ports") or [] if isinstance(port["targetPort"], int)]
    if all(port.get("appProtocol") or port.get("name", "").partition("-")[0] in CLEAR for port in ports):
        return ()
    return tuple((port["targetPort"], "HTTP2" if port.get("appProtocol") else "HTTP") for port in ports)


def _to(server: Server, settings: Settings, service: str, port: int = HTTP) -> Object:
    """Return the way to a Service of the server's, without what says who asks."""
    if server.knative:
        key = knative_routes.key(settings.key, server.namespace, server.uid)
        return {
            "route": knative_routes.destinations(server.shares[service], server.namespace, settings.domain),
            "headers": {"request": {"remove": list(CREDENTIALS), "set": {knative_routes.KEY: key}}},
        }
    return {
        "route": [{"destination": {"host": _host(server, settings, service), "port": {"number": port}}}],
        "headers": {"request": {"remove": list(CREDENTIALS)}},
        **({"retries": AGAIN} if server.kind == GRAPHS else {}),
    }


def _host_route(server: Server, settings: Settings) -> Object:
    """Return the way by a host name. Nobody logs in there: programs come with a token."""
    ways = [_to(server, settings, server.entry, server.http)]
    if server.grpc:
        calls = {"headers": {"content-type": {"prefix": "application/grpc"}}}
        ways.insert(0, {"match": [calls], **_to(server, settings, server.entry, server.grpc)})
    if server.explainer:
        match = {"uri": {"regex": "/v1/models/[^/]+:explain"}}
        ways.insert(0, {"match": [match], **_to(server, settings, server.explainer)})
    name = f"{server.name}.{server.namespace}.{settings.hosts}"
    spec = {"gateways": [settings.gateway], "hosts": [name], "http": ways}
    return _object(server, settings, "networking.istio.io/v1", "VirtualService", f"{_name(server)}.host", spec)


def _route(server: Server, settings: Settings) -> Object:
    ways: list[Object] = []
    if server.explainer:
        whole = re.escape(server.prefix)
        ways.append(
            {
                "match": [{"uri": {"regex": f"{whole}/v1/models/[^/]+:explain"}}],
                "rewrite": {"uriRegexRewrite": {"match": f"^{whole}(/.*)$", "rewrite": "\\1"}},
                **_to(server, settings, server.explainer),
            }
        )
    ways.append(
        {
            "match": [{"uri": {"prefix": f"{server.prefix}/"}}],
            "rewrite": {"uri": "/"},
            **_to(server, settings, server.entry, server.http),
        },
    )
    spec = {"gateways": [settings.gateway], "hosts": ["*"], "http": ways}
    return _object(server, settings, "networking.istio.io/v1", "VirtualService", _name(server), spec)


def _encryption(server: Server, settings: Settings, service: str) -> Object:
    """Return what lets the gateway speak to pods with a sidecar alone, which asks who the user is."""
    spec = {
        "host": _host(server, settings, service),
        "exportTo": [settings.proxies],
        "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}},
    }
    name = f"{_name(server)}-{service.rpartition('-')[2]}" if server.kind == SERVICES else _name(server)
    return _object(server, settings, "networking.istio.io/v1", "DestinationRule", name, spec)


def _entry(server: Server, settings: Settings) -> Object:
    """Return what lets requests in that come by way of Knative's activator."""
    key = knative_routes.key(settings.key, server.namespace, server.uid)
    spec = knative_routes.entry({LABELS[server.kind]: server.name}, server.users, key)
    return _object(server, settings, "security.istio.io/v1", "AuthorizationPolicy", _name(server), spec)


def _protocols(server: Server, settings: Settings, service: str, ports: Ports) -> Object:
    """Return what tells sidecars that a port speaks HTTP: to one that does not know, nobody has a name."""
    spec = {
        "workloadSelector": {"labels": {"app": f"isvc.{service}"}},
        "ingress": [
            {
                "port": {"number": number, "name": f"{protocol.lower()}-{number}", "protocol": protocol},
                "defaultEndpoint": f"127.0.0.1:{number}",
            }
            for number, protocol in ports
        ],
    }
    return _object(server, settings, "networking.istio.io/v1", "Sidecar", f"{_name(server)}.{service}", spec)


def _fence(server: Server, settings: Settings) -> Object:
    """Return what lets pods of the same namespace and the gateway in, where the cluster's network enforces it."""
    gateway = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings.proxies}},
        "podSelector": {"matchLabels": {"istio": "ingressgateway"}},
    }
    ways: list[Object] = [{"from": [{"podSelector": {}}, gateway]}]
    if server.knative:
        ways.append(knative_routes.fence(settings.platform))
    if settings.monitoring:
        namespace = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings.monitoring}}}
        ways.append({"from": [namespace], "ports": [{"port": METRICS, "protocol": "TCP"}]})
    spec = {
        "podSelector": {"matchLabels": {LABELS[server.kind]: server.name}},
        "policyTypes": ["Ingress"],
        "ingress": ways,
    }
    return _object(server, settings, "networking.k8s.io/v1", "NetworkPolicy", _name(server), spec)


def _object(server: Server, settings: Settings, version: str, kind: str, name: str, spec: Object) -> Object:
    owner = {"apiVersion": VERSIONS[server.kind], "kind": server.kind, "name": server.name, "uid": server.uid}
    metadata = {
        "name": name,
        "namespace": server.namespace,
        "labels": dict(settings.labels),
        "ownerReferences": [owner],
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _name(server: Server) -> str:
    return NAMES[server.kind].format(server.name)


def _host(server: Server, settings: Settings, service: str) -> str:
    return f"{service}.{server.namespace}.svc.{settings.domain}"
