"""The page of models, and how others see it.

Source of command, variables and paths: kserve/models-web-app v0.15, and Kubeflow's manifests of it.
"""

from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.networking import network
from kubeflow_charms.parts import HttpCheck, Program, Workload
from serving_network import PAGES, USER_HEADER

PREFIX = "/kserve-endpoints"
LINKS = Links(
    dashboard_links=(Link(text="KServe Endpoints", link=f"{PREFIX}/", location="menu", icon="kubeflow:models"),)
)

PROGRAM = Program("models-web-app", role="web-app-role.yaml.j2")


def route(app: str) -> Route:
    """Return the route from the gateway to the page, which itself answers at the root."""
    return Route(service=app, port=PAGES, prefix=f"{PREFIX}/", rewrite="/")


def workload(*, secure_cookies: bool) -> Workload:
    """Return the page.

    Args:
        secure_cookies: whether browsers return its cookies over https alone.
    """
    return Workload(
        container=PROGRAM.container,
        # Upstream starts three processes; one serves as many users in a third of the memory.
        command="gunicorn --workers 1 --worker-class gevent "
        f"--bind {network.in_url(network.anywhere())}:{PAGES} --access-logfile - "
        f"--limit-request-field_size {network.HEADERS * 1024} entrypoint:app",
        environment={
            "APP_PREFIX": PREFIX,
            "APP_VERSION": "v1beta1",
            "APP_DISABLE_AUTH": "False",
            "APP_SECURE_COOKIES": "True" if secure_cookies else "False",
            "BACKEND_MODE": "production",
            "USERID_HEADER": USER_HEADER,
            "USERID_PREFIX": "",
        },
        checks={PROGRAM.container: HttpCheck(PAGES, "/healthz/liveness")},
    )
