"""Where the three programs of the pod listen, and the page as others see it.

They share the pod's network: upstream's controller shows metrics at 8080, where nginx has the page, by an image whose
configuration says so. Source of the others, and of the paths: kubeflow/notebooks v2.0.0-beta.0, workspaces/backend and
workspaces/frontend, whose manifests have the prefixes.
"""

from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.interfaces.ingress import Route

WEBHOOKS, HEALTH, METRICS = 9443, 8081, 8082
BACKEND, FRONTEND = 4000, 8080
PAGES = (BACKEND, FRONTEND)
PREFIX = "/workspaces"
LINKS = Links((Link(text="Workspaces (beta)", link=f"{PREFIX}/workspaces", location="menu", icon="icons:dashboard"),))


def backend(service: str) -> Route:
    """Return the route of what the page asks, which itself answers below /api/."""
    return Route(service=service, port=BACKEND, prefix=f"{PREFIX}/api/", rewrite="/api/")


def frontend(service: str) -> Route:
    """Return the route of the page, which itself answers at the root."""
    return Route(service=service, port=FRONTEND, prefix=f"{PREFIX}/", rewrite="/")
