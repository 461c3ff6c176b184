"""The gateway's routes, from what related applications ask for."""

from collections.abc import Iterable
from typing import Any

from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.networking import network
from kubeflow_charms.relations.endpoints import Remote

HttpRoute = dict[str, Any]


def by_application(requests: Iterable[Remote[Route]], namespace: str) -> dict[str, list[HttpRoute]]:
    """Return for each related application the `http` of its VirtualService, the longest prefix first.

    Args:
        requests: what applications ask for.
        namespace: of Services that name none.
    """
    found: dict[str, list[Route]] = {}
    for request in requests:
        found.setdefault(request.application, []).append(request.data)
    return {
        application: [
            http
            for route in sorted(routes, key=lambda route: (-len(route.prefix), route.prefix))
            for http in _http(route, namespace)
        ]
        for application, routes in sorted(found.items())
    }


def _http(route: Route, namespace: str) -> list[HttpRoute]:
    """Return the routes of a prefix, which `/pipelines` does not share with `/pipeline`."""
    host = f"{route.service}.{route.namespace or namespace}.svc.{network.cluster_domain()}"
    destination = [{"destination": {"host": host, "port": {"number": route.port}}}]
    prefix = route.prefix.rstrip("/")
    rewrite = route.rewrite.rstrip("/") if route.rewrite else prefix
    matches = {"prefix": f"{prefix}/"} if not prefix else {"exact": prefix, "prefix": f"{prefix}/"}
    routes: list[HttpRoute] = []
    for kind, path in matches.items():
        http: HttpRoute = {"match": [{"uri": {kind: path}}], "route": destination}
        if rewrite != prefix:
            http["rewrite"] = {"uri": (rewrite or "/") if kind == "exact" else f"{rewrite}/"}
        routes.append(http)
    return routes
