"""Who may ask the dashboard for pages."""

from collections.abc import Iterable
from typing import Any


def rules(principals: Iterable[str], port: int) -> dict[str, Any]:
    """Return what the template of the policies is filled with.

    Args:
        principals: the identities of the gateway's pods, `<trust domain>/ns/<namespace>/sa/<service account>`.
        port: where the dashboard answers.
    """
    others = [(1, port - 1), (port + 1, 65535)]
    return {
        "principals": sorted(principals),
        "namespaces": sorted({principal.split("/")[2] for principal in principals}),
        "port": port,
        "others": [{"port": first, "endPort": last, "protocol": "TCP"} for first, last in others if first <= last],
    }
