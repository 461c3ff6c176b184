"""Addresses that a load balancer may give out in the host's own network.

All input is what iproute2 prints with `ip -j`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

SIZE = 8
"""Addresses to look for: one for the gateway, and some for what is added later."""

SMALLEST = 26
"""The longest prefix of a network that is large enough to take addresses from without asking."""

INSIDE = "10.64.140.43-10.64.140.49"
"""Reached from the host alone; the range that the documentation of Charmed Kubeflow uses."""

Entries = Sequence[Mapping[str, Any]]


def pool(links: Entries, routes: Entries, neighbours: Entries) -> str:
    """Choose a range for a load balancer: the highest addresses of the host's subnet that nothing was seen at.

    Args:
        links: of `ip -j -4 address`.
        routes: of `ip -j -4 route show default`.
        neighbours: of `ip -j -4 neighbour`; only those seen lately are listed, so a free-looking range may still
            be somebody's, which is why the caller shows it.

    Returns:
        `FIRST-LAST`, or `INSIDE` when there is no default route or its network is too small to share.
    """
    found = _subnet(links, routes)
    if found is None or found.network.prefixlen > SMALLEST:
        return INSIDE
    taken = {int(ipaddress.IPv4Address(entry["dst"])) for entry in neighbours if not _is_absent(entry)}
    taken |= {int(ipaddress.IPv4Address(route["gateway"])) for route in routes if "gateway" in route}
    taken.add(int(found.ip))
    lowest = int(found.network.network_address) + 1
    last = int(found.network.broadcast_address) - 1
    while last - SIZE + 1 >= lowest:
        inside = [address for address in taken if last - SIZE < address <= last]
        if not inside:
            return f"{ipaddress.IPv4Address(last - SIZE + 1)}-{ipaddress.IPv4Address(last)}"
        last = min(inside) - 1
    return INSIDE


def _subnet(links: Entries, routes: Entries) -> ipaddress.IPv4Interface | None:
    """Return the host's address, with its subnet, on the link that the first default route uses."""
    for route in routes:
        for link in links:
            if link.get("ifname") != route.get("dev"):
                continue
            for address in link.get("addr_info", ()):
                if address.get("family") == "inet" and address.get("scope") == "global":
                    return ipaddress.IPv4Interface(f"{address['local']}/{address['prefixlen']}")
    return None


def _is_absent(neighbour: Mapping[str, Any]) -> bool:
    """Tell whether the kernel asked for a neighbour and nobody answered, or whether it is no IPv4 one."""
    return (
        ":" in neighbour["dst"] or "FAILED" in neighbour.get("state", ()) or "INCOMPLETE" in neighbour.get("state", ())
    )
