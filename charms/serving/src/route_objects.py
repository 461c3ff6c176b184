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
    """

    manager: str
    labels: Mapping[str, str]
    profiles: str
    gateway: str
    proxies: str
    domain: str


@dataclasses.dataclass(frozen=True)
class Server:
    """An InferenceService or InferenceGraph.

    Attributes:
        kind, namespace, name, uid: which.
        entry: the Service that is asked.
        explainer: the Service that is asked for explanations; "" for none.
        internal: whether its owner wants no route to it.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    entry: str
    explainer: str = ""
    internal: bool = False

    @classmethod
    def of(cls, kind: str, item: Object) -> "Server":
        """Return what an object of one of the kinds is."""
        metadata, spec = item["metadata"], item.get("spec") or {}
        name = metadata["name"]
        entry, explainer = name, ""
        if kind == SERVICES:
            entry = f"{name}-{'transformer' if spec.get('transformer') else 'predictor'}"
            explainer = f"{name}-explainer" if spec.get("explainer") else ""
        internal = (metadata.get("labels") or {}).get(INTERNAL[0]) == INTERNAL[1]
        return cls(kind, metadata["namespace"], name, metadata["uid"], entry, explainer, internal)

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
        for service in filter(None, (server.entry, server.explainer)):
            yield _encryption(server, settings, service)
    yield _fence(server, settings)


def _route(server: Server, settings: Settings) -> Object:
    def to(service: str) -> Object:
        return {
            "route": [{"destination": {"host": _host(server, settings, service), "port": {"number": 80}}}],
            "headers": {"request": {"remove": list(CREDENTIALS)}},
        }

    ways: list[Object] = []
    if server.explainer:
        whole = re.escape(server.prefix)
        ways.append(
            {
                "match": [{"uri": {"regex": f"{whole}/v1/models/[^/]+:explain"}}],
                "rewrite": {"uriRegexRewrite": {"match": f"^{whole}(/.*)$", "rewrite": "\\1"}},
                **to(server.explainer),
            }
        )
    ways.append(
        {"match": [{"uri": {"prefix": f"{server.prefix}/"}}], "rewrite": {"uri": "/"}, **to(server.entry)},
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
