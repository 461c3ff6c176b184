"""How the page of experiments is started.

Source of the flags, variables and paths: kubeflow/katib v0.19.0, cmd/ui and pkg/ui. It asks Kubernetes what the user of
the header may do only where APP_DISABLE_AUTH is false.
"""

import katib_network
from katib_network import PAGES
from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.networking import network
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
GROUP = "kubeflow.org"
RIGHTS = (
    {"apiGroups": [GROUP], "resources": ["experiments"], "verbs": ["get", "list", "create", "delete"]},
    {"apiGroups": [GROUP], "resources": ["trials", "suggestions"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
)
"""What the page does in namespaces of users, once it has asked whether its user may."""
ASKED = (
    "create_experiment",
    "delete_experiment",
    "fetch_experiment",
    "fetch_experiments",
    "fetch_hp_job_info",
    "fetch_hp_job_trial_info",
    "fetch_namespaces",
    "fetch_suggestion",
    "fetch_trial",
    "fetch_trial_logs",
    "fetch_trial_templates",
)
"""What browsers ask the page for. It knows more: `fetch_nas_job_info` does not ask whether its user may."""
PATHS = (
    PATH.rstrip("/"),
    PATH,
    f"{PATH}new",
    *(f"{PATH}{folder}/*" for folder in ("experiment", "static")),
    *(f"{PATH}{name}{end}" for name in ASKED for end in ("", "/*")),
)
"""The paths that the gateway lets through; any other spelling of one is none of them."""


def role(app: str, model: str) -> str:
    """Return the name of the ClusterRole that the page has in profiles alone."""
    return f"{model}-{app}-page"


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
