"""Where users find a gateway, from its Service as the cluster has it."""

from typing import Any


def address(service: dict[str, Any] | None) -> str:
    """Return the host name or IP address that a load balancer gave to the Service; empty without one."""
    given = (service or {}).get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return given[0].get("hostname") or given[0].get("ip") or ""
