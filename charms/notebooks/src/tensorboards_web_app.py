"""The page of users' TensorBoards."""

import web_app
from kubeflow_charms.parts import Sandbox, Workload

CONTAINER = "tensorboards-web-app"
PORT = 5002
PREFIX = "/tensorboards"


def sandbox(memory: str) -> Sandbox:
    """Return the page's sandbox."""
    return Sandbox(container=CONTAINER, role="tensorboards-web-app-role.yaml.j2", memory=memory)


def workload(*, secure_cookies: bool) -> Workload:
    """Return the page."""
    return web_app.workload(CONTAINER, port=PORT, prefix=PREFIX, secure_cookies=secure_cookies)
