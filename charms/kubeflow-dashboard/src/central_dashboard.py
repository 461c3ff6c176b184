"""How the central dashboard is started.

Source of the variables, paths and settings: kubeflow/dashboard, components/centraldashboard, release 2.0 (its
Dockerfile, package.json and app/server.ts).
"""

from kubeflow_charms.interfaces.k8s_service import Service
from kubeflow_charms.networking import network
from kubeflow_charms.parts import HttpCheck, Metrics, Program, Workload

USER_HEADER = "kubeflow-userid"
PROGRAM = Program("dashboard", role="dashboard-role.yaml.j2")
LOG_OUT = "/oauth2/sign_out"
"""The gatekeeper's page that ends a session."""

# What `npm start` runs; npm would keep signals from it, and wants a home directory.
COMMAND = "node /usr/src/app/dist/server.js"

SETTINGS = {"DASHBOARD_FORCE_IFRAME": True}
"""Other user interfaces are shown beside the menu, also when they are opened at their own address."""


def workload(*, port: int, namespace: str, configmap: str, profiles: Service, registration_flow: bool) -> Workload:
    """Return the dashboard.

    Args:
        port: where it answers.
        namespace: of the model.
        configmap: the name of the ConfigMap with links and settings, which the dashboard reads for each page.
        profiles: the profiles service.
        registration_flow: whether users without a profile are asked to make one.
    """
    return Workload(
        container=PROGRAM.container,
        command=COMMAND,
        environment={
            "COLLECT_METRICS": "true",
            "DASHBOARD_CONFIGMAP": configmap,
            "LOGOUT_URL": LOG_OUT,
            "NODE_ENV": "production",
            "NODE_OPTIONS": f"--max-http-header-size={network.HEADERS * 1024}",
            "POD_NAMESPACE": namespace,
            "PORT_1": str(port),
            "PROFILES_KFAM_SERVICE_HOST": profiles.host(namespace),
            "PROFILES_KFAM_SERVICE_PORT": str(profiles.port),
            "REGISTRATION_FLOW": "true" if registration_flow else "false",
            "USERID_HEADER": USER_HEADER,
            "USERID_PREFIX": "",
        },
        checks={PROGRAM.container: HttpCheck(port, "/healthz")},
        metrics=Metrics(port, "/prometheus/metrics"),
    )
