"""How Kubeflow's pages for notebooks, volumes and TensorBoards are started: three programs of one make.

Source of the variables, command and paths: kubeflow/notebooks v1.11, components/crud-web-apps.
"""

from collections.abc import Mapping

from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Metrics, Workload

USER_HEADER = "kubeflow-userid"
"""The header in which the gatekeeper says who the user is."""


def workload(
    container: str, *, port: int, prefix: str, secure_cookies: bool, files: Mapping[str, File] | None = None
) -> Workload:
    """Return a page's program.

    Args:
        container: where it runs.
        port: where it answers.
        prefix: the path at the gateway below which users find it.
        secure_cookies: whether browsers return its cookies over https alone.
        files: its configuration.
    """
    return Workload(
        container=container,
        # Upstream starts three processes for each of the three pages; threads serve as many users in a third of the
        # memory. Without preloading, a machine too busy to load the program in 30 seconds would never have done it.
        command="gunicorn --chdir /src --preload --workers 1 --threads 8 "
        f"--bind {network.in_url(network.anywhere())}:{port} --access-logfile - "
        f"--limit-request-field_size {network.HEADERS * 1024} entrypoint:app",
        environment={
            "APP_PREFIX": prefix,
            "APP_SECURE_COOKIES": "true" if secure_cookies else "false",
            "BACKEND_MODE": "production",
            "CSRF_SAMESITE": "Strict",
            "METRICS": "1",
            "USERID_HEADER": USER_HEADER,
            "USERID_PREFIX": "",
        },
        files=files or {},
        checks={container: HttpCheck(port, "/healthz/readiness")},
        metrics=Metrics(port),
    )
