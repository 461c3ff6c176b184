"""The pages as others see them: links on the dashboard, and routes at the gateway."""

import jupyter_web_app
import tensorboards_web_app
import volumes_web_app
from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.interfaces.ingress import Route

PORTS = (jupyter_web_app.PORT, volumes_web_app.PORT, tensorboards_web_app.PORT)

LINKS = Links(
    (
        Link(text="Notebooks", link="/jupyter/", location="menu", icon="book"),
        Link(text="Volumes", link="/volumes/", location="menu", icon="device:storage"),
        Link(text="TensorBoards", link="/tensorboards/", location="menu", icon="assessment"),
        Link(text="Create a new Notebook server", link="/jupyter/new", location="quick", desc="Notebook Servers"),
    )
)


def route(service: str, prefix: str, port: int) -> Route:
    """Return the route of a page, which itself answers at the root."""
    return Route(service=service, port=port, prefix=f"{prefix}/", rewrite="/")
