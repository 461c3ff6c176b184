"""What a NetworkPolicy has to let in that is no pod, on the networks that clusters have."""

import ipaddress
from typing import Any

import pytest
from kubeflow_charms.networking.pod_networks import peers

OWN = "10.1.2.3"
CALICO = "projectcalico.org/IPv4"


def node(*addresses: str, ranges: tuple[str, ...] = (), **annotations: str) -> dict[str, Any]:
    named = {f"{CALICO}{key}": value for key, value in annotations.items()}
    listed = [{"type": "InternalIP", "address": address} for address in addresses]
    return {"metadata": {"annotations": named}, "spec": {"podCIDRs": list(ranges)}, "status": {"addresses": listed}}


def lets_in(found: list[dict[str, Any]] | None, address: str) -> bool:
    """Tell whether an address is let in."""
    asked = ipaddress.ip_address(address)

    def within(cidr: str) -> bool:
        return asked in ipaddress.ip_network(cidr)

    blocks = [peer["ipBlock"] for peer in found or ()]
    return any(within(block["cidr"]) and not any(map(within, block.get("except", ()))) for block in blocks)


@pytest.mark.parametrize(
    ("nodes", "servers", "inside", "outside"),
    [
        # A bridge of the node's, as kube-router and flannel have it.
        ([node("192.168.1.5", ranges=("10.1.0.0/24",))], [], ["10.1.0.9", "10.1.0.200"], ["192.168.1.5", "10.1.0.1"]),
        # Calico, whose tunnel's address is one among pods'; nodes say no range.
        ([node("192.168.1.5", VXLANTunnelAddr="10.1.4.64")], [], ["10.1.0.1", "10.1.9.9"], ["10.1.4.64", "172.16.0.1"]),
        # Pods share the nodes' network; the API server is not on one of them.
        ([node("10.1.7.7")], ["10.1.8.8"], ["10.1.2.4", "10.1.8.9"], ["10.1.7.7", "10.1.8.8", "52.1.2.3"]),
        # Both kinds of address.
        ([node("2001:db8::5", ranges=("10.1.0.0/16", "fd00::/64"))], [], ["fd00::9"], ["2001:db8::5", "192.0.2.1"]),
        # Pods may have addresses of the other kind as well, and no node says which.
        ([node("192.168.1.5", "2001:db8::5")], [], ["10.1.9.9", "fd00::9"], ["192.168.1.5", "2001:db8::5"]),
        ([], [], ["10.1.2.4", "2001:db8::1"], ["10.2.0.1"]),
    ],
)
def test_nodes_and_the_api_server_are_let_in_and_pods_are_not(
    nodes: list[Any], servers: list[str], inside: list[str], outside: list[str]
) -> None:
    found = peers(nodes, servers, OWN)
    assert [address for address in [*inside, OWN] if lets_in(found, address)] == []
    assert [address for address in outside if not lets_in(found, address)] == []


def test_while_no_pods_address_is_known_the_api_server_and_nodes_alone_are_let_in() -> None:
    # Calico gives pods addresses of its own, whatever range nodes say.
    found = peers([node("192.168.1.5", ranges=("172.16.0.0/24",), VXLANTunnelAddr="10.1.4.64")], ["192.168.1.6"], "")
    assert [address for address in ("192.168.1.5", "192.168.1.6", "10.1.4.64") if not lets_in(found, address)] == []
    assert [address for address in (OWN, "172.16.0.9", "127.0.0.1", "fd00::9") if lets_in(found, address)] == []


def test_ciliums_nodes_have_no_address_and_one_node_reaches_its_own_pods() -> None:
    of_cilium = node("192.168.1.5", ranges=("10.1.0.0/16",))
    of_cilium["metadata"]["annotations"] = {"network.cilium.io/ipv4-cilium-host": "10.1.0.7"}
    assert peers([of_cilium, of_cilium], [], OWN) is None
    assert peers([of_cilium], [], OWN)
