"""Where users find a gateway, from its Service as the cluster has it."""

from typing import Any

Service = dict[str, Any] | None


def address(service: Service) -> str:
    """Return the host name or IP address that a load balancer gave to the Service; empty without one."""
    given = (service or {}).get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return given[0].get("hostname") or given[0].get("ip") or ""


def node_ports(service: Service) -> dict[str, int]:
    """Return at which port of each node the Service's ports are found, by name; empty if at none."""
    ports = (service or {}).get("spec", {}).get("ports") or []
    return {port["name"]: port["nodePort"] for port in ports if port.get("nodePort")}
