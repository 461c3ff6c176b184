"""Ranges for a load balancer from what iproute2 prints."""

import pytest

from tools.up.addresses import INSIDE, pool

ROUTE = {"dst": "default", "gateway": "192.168.1.1", "dev": "eth0"}


def link(local="192.168.1.20", prefix=24, name="eth0", scope="global"):
    return {
        "ifname": name,
        "addr_info": [{"family": "inet", "local": local, "prefixlen": prefix, "scope": scope}],
    }


def seen(address, state="STALE"):
    return {"dst": address, "dev": "eth0", "state": [state]}


def test_the_highest_addresses_of_the_subnet_are_chosen_but_not_the_broadcast_address():
    assert pool([link()], [ROUTE], []) == "192.168.1.247-192.168.1.254"


def test_addresses_where_somebody_was_seen_are_avoided():
    assert pool([link()], [ROUTE], [seen("192.168.1.250")]) == "192.168.1.242-192.168.1.249"


@pytest.mark.parametrize("state", ["FAILED", "INCOMPLETE"])
def test_an_address_where_nobody_answered_is_free(state):
    assert pool([link()], [ROUTE], [seen("192.168.1.250", state)]) == "192.168.1.247-192.168.1.254"


def test_the_gateway_and_the_host_are_avoided():
    route = {**ROUTE, "gateway": "192.168.1.254"}
    assert pool([link("192.168.1.240")], [route], []) == "192.168.1.246-192.168.1.253"


def test_the_link_of_the_default_route_counts():
    links = [link("10.0.0.5", 8, "docker0"), link()]
    assert pool(links, [ROUTE], []).startswith("192.168.1.")


@pytest.mark.parametrize("links", [[], [link(prefix=32)], [link(prefix=28)], [link(scope="link")]])
def test_without_a_network_to_share_the_range_is_reached_from_the_host_alone(links):
    assert pool(links, [ROUTE], []) == INSIDE


def test_without_a_default_route_the_range_is_reached_from_the_host_alone():
    assert pool([link()], [], []) == INSIDE


def test_a_full_network_has_no_range():
    everybody = [seen(f"192.168.1.{host}") for host in range(2, 255, 4)]
    assert pool([link()], [ROUTE], everybody) == INSIDE
