"""What the pod knows of the network around it: addresses to listen at, the cluster's domain, the way out."""

import functools
import os
import pathlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # small programs in pods take this file along, with nothing but Python's standard library
    import ops

RESOLVER = pathlib.Path("/etc/resolv.conf")
ADDRESSES = pathlib.Path("/proc/net/if_inet6")
USUAL_DOMAIN = "cluster.local"
HEADERS = 60
"""KiB that the headers of a request may have, as much as Istio's gateway lets through: directory groups and cookies."""
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Ranges of pods and Services, whichever the cluster took of those that no proxy on the internet reaches."""


@functools.cache
def anywhere() -> str:
    """Return the address at which a program listens for both kinds of address, or for IPv4 where there is no IPv6.

    Linux takes IPv4 at `::` as well. A kernel without IPv6 does not know that address.
    """
    try:
        return "::" if ADDRESSES.read_text().strip() else "0.0.0.0"
    except OSError:
        return "0.0.0.0"


def in_url(host: str) -> str:
    """Return a host as URLs have it, with brackets around an IPv6 address."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


@functools.cache
def cluster_domain() -> str:
    """Return the cluster's DNS domain, which Kubernetes writes into each pod's resolver as `svc.DOMAIN`."""
    try:
        lines = RESOLVER.read_text().splitlines()
    except OSError:
        return USUAL_DOMAIN
    searched = [line.split()[1:] for line in lines if line.split()[:1] == ["search"]]
    for name in searched[-1] if searched else ():
        if name.startswith("svc."):
            return name.removeprefix("svc.").rstrip(".")
    return USUAL_DOMAIN


def proxy(model: "ops.Model", *, pods_of: str = "") -> dict[str, str]:
    """Return the variables by which programs leave the cluster through the model's proxy; none without one.

    Juju tells charms the model's `juju-http-proxy`, `juju-https-proxy` and `juju-no-proxy`. What is in the cluster is
    asked directly, whatever the last of them says.

    Args:
        model: whose names, and those of the applications related to us, are in the cluster.
        pods_of: the namespace of the pods that get them, if another: they call each other by `name.namespace`.
    """
    http, https = os.environ.get("JUJU_CHARM_HTTP_PROXY", ""), os.environ.get("JUJU_CHARM_HTTPS_PROXY", "")
    if not http and not https:
        return {}
    related = {relation.app.name for relations in model.relations.values() for relation in relations if relation.app}
    told = os.environ.get("JUJU_CHARM_NO_PROXY", "").replace(",", " ").split()
    direct = _direct((pods_of, model.name), {model.app.name, *related})
    found = {"HTTP_PROXY": http, "HTTPS_PROXY": https, "NO_PROXY": ",".join(dict.fromkeys((*direct, *told)))}
    said = {name: value for name, value in found.items() if value}
    return {**said, **{name.lower(): value for name, value in said.items()}}


def _direct(namespaces: Iterable[str], applications: Iterable[str]) -> list[str]:
    server = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    domain = cluster_domain()
    within = (f".{name}" for name in namespaces if name)
    names = ("kubernetes.default", ".svc", f".{domain}", *within, *sorted(applications))
    return [*filter(None, (server,)), "localhost", "127.0.0.1", "::1", *names, *PRIVATE]
