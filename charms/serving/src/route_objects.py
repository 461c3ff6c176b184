"""What leads to a model from the gateway, and what keeps others off; runs in a container of its own.

Only Python's standard library is there.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

Object = dict[str, Any]
SERVICES, GRAPHS = "InferenceService", "InferenceGraph"
VERSIONS = {SERVICES: "serving.kserve.io/v1beta1", GRAPHS: "serving.kserve.io/v1alpha1"}
LABELS = {SERVICES: "serving.kserve.io/inferenceservice", GRAPHS: "serving.kserve.io/inferencegraph"}
"""By which the pods of each are told: kserve/kserve v0.15.2, pkg/constants."""
INTERNAL = ("networking.kserve.io/visibility", "cluster-local")
"""The label of what its owner wants no route to."""
CREDENTIALS = ("authorization", "cookie")
"""What says to the gateway who asks; whoever serves a model could be her with it."""
HTTP = 80
RUNTIME = 8080
"""Where the charm's runtimes listen."""
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
    """

    manager: str
    labels: Mapping[str, str]
    profiles: str
    gateway: str
    proxies: str
    domain: str
    hosts: str


@dataclasses.dataclass(frozen=True)
class Server:
    """An InferenceService or InferenceGraph.

    Attributes:
        kind, namespace, name, uid: which.
        entry: the Service that is asked.
        explainer: the Service that is asked for explanations; "" for none.
        http, grpc: the ports of the entry; 0 for no gRPC.
        internal: whether its owner wants no route to it.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    entry: str
    explainer: str = ""
    http: int = HTTP
    grpc: int = 0
    internal: bool = False

    @classmethod
    def of(cls, kind: str, item: Object) -> "Server":
        """Return what an object of one of the kinds is."""
        metadata, spec = item["metadata"], item.get("spec") or {}
        name = metadata["name"]
        entry, explainer, http, grpc = name, "", HTTP, 0
        if kind == SERVICES:
            component = "transformer" if spec.get("transformer") else "predictor"
            entry = f"{name}-{component}"
            http, grpc = _ports(spec.get(component) or {})
            explainer = f"{name}-explainer" if spec.get("explainer") else ""
        internal = (metadata.get("labels") or {}).get(INTERNAL[0]) == INTERNAL[1]
        return cls(kind, metadata["namespace"], name, metadata["uid"], entry, explainer, http, grpc, internal)

    @property
    def prefix(self) -> str:
        """The path below which it is reached."""
        return f"/serving/{self.namespace}/{self.name}"


def objects(server: Server, settings: Settings, *, routed: bool) -> Iterator[Object]:
    """Yield what one server needs.

    Args:
        server: it.
        settings: the charm's.
        routed: whether there is no other server at its path.
    """
    if routed and not server.internal:
        yield _route(server, settings)
        if settings.hosts:
            yield _host_route(server, settings)
        for service in filter(None, (server.entry, server.explainer)):
            yield _encryption(server, settings, service)
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


def _to(server: Server, settings: Settings, service: str, port: int = HTTP) -> Object:
    """Return the way to a Service of the server's, without what says who asks."""
    return {
        "route": [{"destination": {"host": _host(server, settings, service), "port": {"number": port}}}],
        "headers": {"request": {"remove": list(CREDENTIALS)}},
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


def _fence(server: Server, settings: Settings) -> Object:
    """Return what lets pods of the same namespace and the gateway in, where the cluster's network enforces it."""
    gateway = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings.proxies}},
        "podSelector": {"matchLabels": {"istio": "ingressgateway"}},
    }
    spec = {
        "podSelector": {"matchLabels": {LABELS[server.kind]: server.name}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}, gateway]}],
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
    return f"serving-{'graph-' if server.kind == GRAPHS else ''}{server.name}"


def _host(server: Server, settings: Settings, service: str) -> str:
    return f"{service}.{server.namespace}.svc.{settings.domain}"
