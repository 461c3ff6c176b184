"""What has an address that no pod has, as a NetworkPolicy has to say it: the API server, which asks webhooks.

A NetworkPolicy names pods by labels and all else by address. The API server comes with that of its node, of a tunnel of
its node's, which is one among pods' addresses, or from outside.
"""

import ipaddress
import itertools
import json
import pathlib
from collections.abc import Iterable, Iterator

from ..engine.cluster import Cluster, Object, Reference
from ..engine.problems import Problem
from ..engine.remembered import recent
from ..engine.user_objects import list_all

PATIENCE = 300
"""Seconds for which an answer counts; a node may come."""
ANYWHERE = ("0.0.0.0/0", "::/0")
AROUND = {4: 16, 6: 64}
"""Of a pod's address, how many bits the others' have in common where no node says which are pods'."""
TUNNEL = "TunnelAddr"
"""How Calico's annotations of a node end that have its tunnel's address, from which it reaches other nodes' pods."""
CILIUM = "cilium.io"
"""What the network's annotations of a node have in their names, where it is Cilium."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def remembered(memory: pathlib.Path, cluster: Cluster, own: str) -> list[Object] | None:
    """Return `peers`, without asking in each of the many hooks of a deployment.

    Args:
        memory: a file that keeps the last answer; the unit's own, and gone with its pod.
        cluster: which is asked.
        own: the pod's own address; empty while nobody says it, and then nothing is kept.

    Raises:
        Blocked: the application lacks trust.
        Waiting: Kubernetes does not answer, and has not before.
    """
    if recent(memory, PATIENCE):
        return json.loads(memory.read_text())
    try:
        nodes = list_all(cluster, Reference("v1", "Node", "list"))
        api = cluster.get(Reference("discovery.k8s.io/v1", "EndpointSlice", "kubernetes", "default")) or {}
    except Problem:
        if memory.exists():
            return json.loads(memory.read_text())
        raise
    servers = [address for endpoint in api.get("endpoints") or () for address in endpoint["addresses"]]
    found = peers(nodes, servers, own)
    if own:
        memory.write_text(json.dumps(found))
    return found


def peers(nodes: Iterable[Object], servers: Iterable[str], own: str) -> list[Object] | None:
    """Return the peers of a NetworkPolicy that are no pods; None where no address of a node is one for the network.

    Cilium knows nodes by what they are, and an API server on another node would be shut out whatever is listed.

    Args:
        nodes: the cluster's.
        servers: addresses of the API server.
        own: the address of a pod; empty if none is known. Of a kind of which no pod's address is known the API server
            and nodes alone are let in: pods may have another of it, which nobody says.
    """
    nodes = list(nodes)
    if len(nodes) > 1 and any(CILIUM in key for node in nodes for key in node["metadata"].get("annotations") or {}):
        return None
    mine = ipaddress.ip_address(own) if own else None
    pods = [ipaddress.ip_network(cidr) for node in nodes for cidr in _ranges(node)] if mine else []
    if mine and not any(mine in network for network in pods):
        pods.append(ipaddress.ip_network(f"{own}/{AROUND[mine.version]}", strict=False))
    known = {network.version for network in pods}
    alone = sorted(
        {
            address
            for address in map(ipaddress.ip_address, itertools.chain(servers, *map(_of_node, nodes)))
            if address.version not in known or any(address in network for network in pods)
        },
        key=lambda address: (address.version, int(address)),
    )
    outside = [(cidr, version) for cidr, version in zip(ANYWHERE, (4, 6), strict=True) if version in known]
    return [
        *(_block(everything, _collapsed(pods, version)) for everything, version in outside),
        *(_block(f"{address}/{address.max_prefixlen}") for address in alone if address != mine),
    ]


def _ranges(node: Object) -> list[str]:
    spec = node.get("spec", {})
    return spec.get("podCIDRs") or [cidr for cidr in (spec.get("podCIDR"),) if cidr]


def _of_node(node: Object) -> Iterator[str]:
    """Yield the addresses from which a node, and an API server on it, reaches pods."""
    for item in node.get("status", {}).get("addresses") or ():
        if item["type"] in ("InternalIP", "ExternalIP"):
            yield item["address"]
    annotations = node["metadata"].get("annotations") or {}
    tunnels = [value for key, value in annotations.items() if key.endswith(TUNNEL)]
    yield from tunnels
    if not any("projectcalico.org" in key for key in annotations):
        # A bridge or a tunnel of the node has the first, or the network's own, address of its pods' range.
        for network in map(ipaddress.ip_network, _ranges(node)):
            yield from (str(network[0]), str(network[1]))


def _collapsed(networks: Iterable[Network], version: int) -> list[str]:
    chosen = [network for network in networks if network.version == version]
    return [str(network) for network in ipaddress.collapse_addresses(chosen)]  # pyright: ignore[reportArgumentType]


def _block(cidr: str, besides: list[str] | None = None) -> Object:
    return {"ipBlock": {"cidr": cidr, **({"except": besides} if besides else {})}}
