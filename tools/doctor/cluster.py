"""What is looked at in a cluster, whatever is deployed there."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.doctor.findings import Finding, fine, note, unknown, wrong
from tools.doctor.machine import OLDEST, Output

Object = Mapping[str, Any]

NOBODY = "system:serviceaccount:default:no_account"
"""An account that cannot exist, as no name of one has an underscore."""

ENFORCING = re.compile(r"calico|cilium|anetd|kube-router|antrea|weave|ovn|kube-ovn|canal|azure-npm|network-policy")
NOT_ENFORCING = re.compile(r"flannel|kindnet")
"""Parts of the names of DaemonSets of network plugins that do, or do not, enforce NetworkPolicies.

`anetd` is the Cilium of GKE's Dataplane V2.
"""

K3S, K3S_OPTIONS, K3S_WITHOUT = (
    re.compile(r"\+k3s\d"),
    "k3s.io/node-args",
    re.compile(r"--disable-network-policy(?!\W+false)"),
)
"""k3s says so in its kubelet's version, and writes its options on each node as JSON; kube-router is a part of it."""

EKS, EKS_POLICIES = "aws-node", "--enable-network-policy=true"
"""The DaemonSet of EKS's own plugin, and what its agent is told where it enforces policies."""

PATIENCE = datetime.timedelta(minutes=2)
"""How long a load balancer may take, and how far a node's clock may be off."""


class Cluster:
    """What kubectl tells; each list is asked for once.

    Args:
        output: runs `kubectl` with arguments.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._known: dict[tuple[str, ...], Any] = {}

    def list(self, *what: str) -> Sequence[Any]:
        """Return the items of a kind in all namespaces, or none if Kubernetes does not tell."""
        return (self.read("get", *what, "-A", "-o", "json") or {}).get("items") or []

    def read(self, *arguments: str) -> Any:
        """Return what a command prints as JSON, or None."""
        if arguments not in self._known:
            text = self._output("kubectl", *arguments)
            try:
                self._known[arguments] = json.loads(text) if text else None
            except ValueError:
                self._known[arguments] = None
        return self._known[arguments]

    def text(self, *arguments: str) -> str | None:
        """Return what a command prints, or None if it fails."""
        return self._output("kubectl", *arguments)


def look(cluster: Cluster, now: datetime.datetime, enforced: bool | None = None) -> Iterator[Finding]:
    """Yield what there is to say of a cluster, what others rest on first.

    Args:
        cluster: which.
        now: the time.
        enforced: whether its network enforces NetworkPolicies, where that is known without it.
    """
    version = cluster.read("version", "-o", "json")
    server = (version or {}).get("serverVersion")
    if not server:
        yield wrong("kubernetes", "kubectl reaches no cluster", "kubectl cluster-info")
        return
    yield release(server)
    nodes = cluster.list("nodes")
    yield from ready(nodes)
    yield from clocks(cluster.list("leases.coordination.k8s.io"), now)
    yield rbac(cluster)
    yield dns(cluster.list("services"), cluster.list("endpointslices.discovery.k8s.io"))
    yield storage(cluster.list("storageclasses"))
    yield load_balancer(cluster.list("services"), cluster.list("deployments"), nodes, now)
    yield policies(cluster.list("daemonsets"), nodes, enforced)


def release(server: Object) -> Finding:
    """Return whether Kubernetes is new enough, by its serverVersion."""
    minor = int(re.sub(r"\D", "", str(server.get("minor", "0"))) or 0)
    said = server.get("gitVersion", "")
    if minor < OLDEST:
        return wrong("kubernetes", f"{said} is too old: 1.{OLDEST} is needed")
    return fine("kubernetes", said)


def ready(nodes: Sequence[Object]) -> Iterator[Finding]:
    """Yield the nodes that are not ready, or under pressure."""
    for node in nodes:
        name = node["metadata"]["name"]
        conditions = {it["type"]: it for it in node.get("status", {}).get("conditions", ())}
        state = conditions.get("Ready", {})
        bad = [kind for kind in ("DiskPressure", "MemoryPressure", "PIDPressure") if _is(conditions.get(kind), "True")]
        if not _is(state, "True"):
            yield wrong(f"node {name}", f"is not ready: {state.get('message', '')}", f"kubectl describe node {name}")
        elif bad:
            yield wrong(f"node {name}", f"has {', '.join(bad)}", f"kubectl describe node {name}")
        else:
            yield fine(f"node {name}", "is ready")


def _is(condition: Object | None, status: str) -> bool:
    return (condition or {}).get("status") == status


def clocks(leases: Sequence[Object], now: datetime.datetime) -> Iterator[Finding]:
    """Yield nodes whose clock differs from this machine's, by when they last said that they are there."""
    for lease in leases:
        if lease["metadata"].get("namespace") != "kube-node-lease":
            continue
        ahead = _time(lease["spec"]["renewTime"]) - now
        if ahead > PATIENCE:
            text = f"is {ahead.total_seconds():.0f} s ahead of this machine's"
            yield wrong(f"clock of node {lease['metadata']['name']}", text, "sudo timedatectl set-ntp true")


def rbac(cluster: Cluster) -> Finding:
    """Return whether Kubernetes refuses what nobody was given."""
    groups = ("--as-group=system:serviceaccounts", "--as-group=system:authenticated")
    said = cluster.text("auth", "can-i", "get", "secrets", "--all-namespaces", f"--as={NOBODY}", *groups)
    if said is None:
        return unknown("rbac", "Kubernetes does not say what an account may do", "kubectl auth can-i '*' '*'")
    if said.split()[-1:] == ["no"]:
        return fine("rbac", "accounts may do what they were given, and no more")
    return wrong(
        "rbac",
        "any account may read all Secrets: no user has a namespace to herself, and the charms refuse to start",
        "sudo microk8s enable rbac",
    )


def dns(services: Sequence[Object], slices: Sequence[Object]) -> Finding:
    """Return whether the cluster has a server of names that answers."""
    found = [it["metadata"] for it in services if (it["metadata"].get("labels") or {}).get("k8s-app") == "kube-dns"]
    if not found:
        return wrong("dns", "the cluster has no server of names", "sudo microk8s enable dns")
    name = found[0]["name"]
    ready = [
        endpoint
        for item in slices
        if (item["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == name
        for endpoint in item.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
    ]
    if not ready:
        namespace = found[0].get("namespace", "kube-system")
        return wrong("dns", f"no pod of {name} is ready", f"kubectl get pods -n {namespace} -l k8s-app=kube-dns")
    return fine("dns", f"{len(ready)} of {name}")


def storage(classes: Sequence[Object]) -> Finding:
    """Return whether volumes are made without saying of which class."""
    key = "storageclass.kubernetes.io/is-default-class"
    default = [it["metadata"]["name"] for it in classes if (it["metadata"].get("annotations") or {}).get(key) == "true"]
    if default:
        return fine("storage class", default[0])
    if classes:
        name = classes[0]["metadata"]["name"]
        command = f"kubectl annotate storageclass {name} {key}=true"
        return wrong("storage class", "none is the default one, so that volumes wait for ever", command)
    return wrong(
        "storage class", "there is none, so that there are no volumes", "sudo microk8s enable hostpath-storage"
    )


def load_balancer(
    services: Sequence[Object], deployments: Sequence[Object], nodes: Sequence[Object], now: datetime.datetime
) -> Finding:
    """Return whether Services get addresses."""
    balanced = [it for it in services if it.get("spec", {}).get("type") == "LoadBalancer"]
    waiting = [it for it in balanced if not (it.get("status", {}).get("loadBalancer") or {}).get("ingress")]
    command = "sudo microk8s enable metallb:FIRST-LAST"
    for it in waiting:
        if now - _time(it["metadata"]["creationTimestamp"]) > PATIENCE:
            name = f"{it['metadata']['namespace']}/{it['metadata']['name']}"
            return wrong("load balancer", f"Service {name} has got no address: no load balancer, or none free", command)
    if balanced and not waiting:
        return fine("load balancer", f"{len(balanced)} Services have addresses")
    if any("metallb" in it["metadata"].get("namespace", "") for it in deployments):
        return fine("load balancer", "MetalLB")
    provider = next((it["spec"]["providerID"] for it in nodes if it.get("spec", {}).get("providerID")), "")
    if provider and not provider.startswith("k3s"):
        return fine("load balancer", f"that of the cloud, {provider.partition(':')[0]}")
    return note("load balancer", "none was found: the gateway gets an address from one, or is a NodePort", command)


def policies(daemon_sets: Sequence[Object], nodes: Sequence[Object] = (), enforced: bool | None = None) -> Finding:
    """Return whether the network enforces NetworkPolicies: by what runs in the cluster, or is a part of its nodes."""
    known = list(_plugins(daemon_sets, nodes))
    by = {enforces: name for name, enforces in reversed(known)}
    if enforced or (enforced is None and True in by):
        return fine("network policies", f"{by.get(True, 'the network')} enforces them")
    said = "any pod may claim to be any user, except at the API and at artefact servers: see docs/security.md"
    if enforced is False or False in by:
        return wrong("network policies", f"{by.get(False, 'the network')} does not enforce them: {said}")
    return unknown("network policies", f"no plugin was found that is known to enforce them; if none does, {said}")


def _plugins(daemon_sets: Sequence[Object], nodes: Sequence[Object]) -> Iterator[tuple[str, bool]]:
    """Yield what enforces policies, or is known not to."""
    for it in daemon_sets:
        name = it["metadata"]["name"]
        if name == EKS:
            containers = it["spec"]["template"]["spec"]["containers"]
            yield name, any(EKS_POLICIES in (one.get("args") or ()) for one in containers)
        elif ENFORCING.search(name) or NOT_ENFORCING.search(name):
            yield name, bool(ENFORCING.search(name))
    k3s = [it for it in nodes if K3S.search(it.get("status", {}).get("nodeInfo", {}).get("kubeletVersion", ""))]
    options = [(it["metadata"].get("annotations") or {}).get(K3S_OPTIONS) or "" for it in k3s]
    if k3s:
        yield "k3s", not any(map(K3S_WITHOUT.search, options))


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
