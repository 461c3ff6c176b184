"""The page of users' TensorBoards."""

import web_app
from kubeflow_charms.parts import Program, Workload

PORT = 5002
PREFIX = "/tensorboards"
PROGRAM = Program("tensorboards-web-app", role="tensorboards-web-app-role.yaml.j2")


def workload(*, secure_cookies: bool) -> Workload:
    """Return the page."""
    return web_app.workload(PROGRAM.container, port=PORT, prefix=PREFIX, secure_cookies=secure_cookies)
