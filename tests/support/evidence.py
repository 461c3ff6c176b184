"""What there is to read of a deployment in which a test failed, before the testbed is gone."""

import subprocess

from .kubeflow import MODEL

PROGRAMS = {
    "istio-ingressgateway": "proxy",
    "oidc-gatekeeper": "oauth2-proxy",
    "dex-auth": "dex",
    "istio-pilot": "istiod",
}
"""The container of each application that a log-in goes through."""

LINES = 12
CHATTER = "[pebble]"


def of_the_way_in() -> str:
    """Return the latest of what Juju says of the model, and of what the programs of a log-in logged."""
    commands = [["juju", "status", "-m", MODEL]]
    commands += [
        ["kubectl", "logs", "-n", MODEL, f"{application}-0", "-c", container, "--since=10m"]
        for application, container in PROGRAMS.items()
    ]
    return "\n".join(f"$ {' '.join(command)}\n{_said(command)}" for command in commands)


def _said(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if CHATTER not in line]
    return "\n".join(lines if command[0] == "juju" else lines[-LINES:])
