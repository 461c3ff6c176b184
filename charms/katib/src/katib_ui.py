"""How the page of experiments is started.

Source of the flags, variables and paths: kubeflow/katib v0.19.0, cmd/ui and pkg/ui. It asks Kubernetes what the user of
the header may do only where APP_DISABLE_AUTH is false.
"""

import katib_network
from katib_network import PAGES
from kubeflow_charms import network
from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.parts import HttpCheck, Program, Workload

PATH = "/katib/"
USER_HEADER = "kubeflow-userid"
"""The header in which the gatekeeper says who the user is."""

LINKS = Links(
    dashboard_links=(
        Link(text="Katib Experiments", link=PATH, location="menu", icon="kubeflow:katib"),
        Link(
            text="Katib",
            desc="Tune hyper-parameters, and search architectures of neural networks",
            link="https://www.kubeflow.org/docs/components/katib/",
            location="documentation",
        ),
    )
)

PROGRAM = Program("katib-ui", role="ui-role.yaml.j2")


def route(app: str) -> Route:
    """Return the route from the gateway."""
    return Route(service=app, port=PAGES, prefix=PATH, rewrite=PATH)


def workload(namespace: str) -> Workload:
    """Return the page.

    Args:
        namespace: the model's.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/app/katib-ui --host={network.in_url(network.anywhere())} --port={PAGES} --build-dir=/app/build",
        environment={
            **katib_network.environment(namespace),
            "APP_DISABLE_AUTH": "false",
            "USERID_HEADER": USER_HEADER,
            # What it cuts off the user's name is a colon, wherever that is, unless it is told otherwise.
            "USERID_PREFIX": "",
        },
        checks={PROGRAM.container: HttpCheck(PAGES, PATH)},
    )
