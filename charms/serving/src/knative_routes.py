"""What leads from the gateway to a model that Knative runs, also while it has no pod; only Python's standard library.

Knative says in an Ingress which Revisions of a Service get which share of the requests, and leaves it to others to
bring them there. A Revision's own Service leads to its pods, or, while there are none, to Knative's activator. That one
has no name in the mesh: what it passes on would be refused by the sidecar of the pod that it started. So the gateway
sends along a key of the model's, and the sidecar lets in who brings it, for the users whom the profile's own policies
let in.

Source of kinds, labels and headers: knative/networking, pkg/apis/networking/v1alpha1 and pkg/http/header.
"""

import dataclasses
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
INGRESSES = "/apis/networking.internal.knative.dev/v1alpha1/ingresses"
SERVICES = "/apis/serving.knative.dev/v1/services"
POLICIES = "/apis/security.istio.io/v1/authorizationpolicies"
MODES = ("Serverless", "Knative")
"""What KServe calls its mode with Knative, up to 0.15 and from 0.16 on."""
KEY = "x-serving-key"
"""The header that the gateway sends to the pods of one model alone."""
USER = "request.headers[kubeflow-userid]"
"""The condition by which a profile's policies say who a user is."""
PROBE = {"key": "request.headers[k-network-probe]", "values": ["queue"]}
"""What Knative asks of a pod before it sends requests there; the proxy beside the model answers it by itself."""
COUNTS = {
    "from": [{"source": {"notPrincipals": ["*"]}}],
    "to": [{"operation": {"methods": ["GET"], "paths": ["/metrics"], "ports": ["9090"]}}],
}
"""What the autoscaler, outside the mesh, asks of the proxy beside a model; one that it learns nothing of never goes."""
SIDECAR = ("sidecar.istio.io/inject", "false")
PORTS = (8012, 8013, 8022, 9090, 9091)
"""Of the proxy beside a model, which the activator and the autoscaler ask."""


@dataclasses.dataclass(frozen=True)
class Share:
    """A Revision's share of the requests.

    Attributes:
        service: the Revision's Service.
        port: of it.
        percent: how many of a hundred requests it gets.
        headers: what tells the activator which Revision is meant.
    """

    service: str
    port: int
    percent: int
    headers: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Knative:
    """What Knative and the profiles' policies say.

    Attributes:
        shares: by namespace and name of a Service of Knative's.
        users: whom the policies of a namespace let in through the gateway.
    """

    shares: Mapping[tuple[str, str], tuple[Share, ...]] = dataclasses.field(default_factory=dict)
    users: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, ingresses: Iterable[Object], policies: Iterable[Object], gateway: str, domain: str) -> "Knative":
        """Return what the objects say.

        Args:
            ingresses: Knative's, of all namespaces.
            policies: AuthorizationPolicies likewise.
            gateway: the gateway's principal.
            domain: the cluster's.
        """
        shares: dict[tuple[str, str], tuple[Share, ...]] = {}
        for item in ingresses:
            key = item["metadata"]["namespace"], item["metadata"]["name"]
            if found := _shares(*key, item.get("spec") or {}, domain):
                shares[key] = found
        users: dict[str, set[str]] = {}
        for item in policies:
            users.setdefault(item["metadata"]["namespace"], set()).update(_users(item.get("spec") or {}, gateway))
        return cls(shares, {namespace: tuple(sorted(found)) for namespace, found in users.items()})


def by_knative(item: Object) -> bool:
    """Tell whether KServe has an InferenceService or InferenceGraph run by Knative."""
    annotations = item["metadata"].get("annotations") or {}
    mode = (item.get("status") or {}).get("deploymentMode") or annotations.get("serving.kserve.io/deploymentMode")
    return mode in MODES


def of_its_own(service: Object) -> bool:
    """Tell whether a Service of Knative's is a user's own, and not made for a model or a graph."""
    owners = service["metadata"].get("ownerReferences") or []
    return not any(owner["apiVersion"].startswith("serving.kserve.io/") for owner in owners)


def asks(item: Object) -> bool:
    """Tell whether the pods of something have a sidecar that asks who the user is, as far as its owner can say."""
    spec = item.get("spec") or {}
    template = (spec.get("template") or {}).get("metadata") or {}
    places = (item["metadata"], template, *(spec.get(it) or {} for it in ("predictor", "transformer", "explainer")))
    return not any(
        (place.get(said) or {}).get(SIDECAR[0]) == SIDECAR[1] for place in places for said in ("labels", "annotations")
    )


def key(secret: str, namespace: str, uid: str) -> str:
    """Return a model's key: nobody who has another's can tell it."""
    return hmac.new(secret.encode(), f"{namespace}/{uid}".encode(), hashlib.sha256).hexdigest()


def destinations(shares: Iterable[Share], namespace: str, domain: str) -> list[Object]:
    """Return a route's destinations."""
    return [
        {
            "destination": {"host": f"{share.service}.{namespace}.svc.{domain}", "port": {"number": share.port}},
            "weight": share.percent,
            "headers": {"request": {"set": dict(share.headers)}},
        }
        for share in shares
    ]


def entry(labels: Mapping[str, str], users: Iterable[str], secret: str) -> Object:
    """Return the specification of the policy that lets in what the gateway sends by way of the activator.

    Args:
        labels: of the model's pods.
        users: who may be asking; nobody is let in without.
        secret: the model's key.
    """
    names = list(users)
    vouched = [{"key": f"request.headers[{KEY}]", "values": [secret]}, {"key": USER, "values": names}]
    return {
        "action": "ALLOW",
        "selector": {"matchLabels": dict(labels)},
        "rules": [*([{"when": vouched}] if names else []), {"when": [PROBE]}, COUNTS],
    }


def fence(namespace: str) -> Object:
    """Return what lets in Knative's programs, which are in a namespace without users."""
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return {"from": [peer], "ports": [{"port": port, "protocol": "TCP"} for port in PORTS]}


def _shares(namespace: str, name: str, spec: Object, domain: str) -> tuple[Share, ...]:
    """Return the shares of those who ask by a Service's own name; none of its tags."""
    host = f"{name}.{namespace}.svc.{domain}"
    for rule in spec.get("rules") or []:
        if host in (rule.get("hosts") or []):
            # Paths with headers are for those who ask by a tag.
            for path in (it for it in (rule.get("http") or {}).get("paths") or [] if not it.get("headers")):
                splits = path.get("splits") or []
                # Nothing of another namespace: whose it is would not have been asked.
                if all(split.get("serviceNamespace") == namespace for split in splits):
                    return tuple(
                        Share(
                            split["serviceName"],
                            int(split["servicePort"]),
                            split.get("percent", 100),
                            split.get("appendHeaders") or {},
                        )
                        for split in splits
                    )
    return ()


def _users(spec: Object, gateway: str) -> Iterator[str]:
    """Yield whom a policy for all pods of its namespace lets in through the gateway, to all that they serve."""
    if spec.get("action", "ALLOW") != "ALLOW" or spec.get("selector") or spec.get("targetRefs"):
        return
    for rule in spec.get("rules") or []:
        conditions = rule.get("when") or []
        sources = [one.get("source") or {} for one in rule.get("from") or []]
        through = any(set(source) == {"principals"} and gateway in source["principals"] for source in sources)
        by_name = len(conditions) == 1 and conditions[0].keys() == {"key", "values"} and conditions[0]["key"] == USER
        if through and by_name and not rule.get("to"):
            yield from conditions[0]["values"]
