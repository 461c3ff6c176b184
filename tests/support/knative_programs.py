"""Knative's programs, run on this machine with the rights and the configuration that the charm gives them."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator

import httpx2
from kubeflow_charms.sandbox.identity import FOLDER

from . import admission, programs
from .apiserver import await_answer, free_ports, log_of, program
from .objects import Deployed


@contextlib.contextmanager
def webhook(deployed: Deployed, folder: pathlib.Path) -> Iterator[None]:
    """Run the webhook, and have the API server ask it."""
    (port,) = free_ports(1)
    hooks = admission.hooks(deployed)
    with (
        started(deployed, "webhook", "webhook", folder, WEBHOOK_PORT=str(port)),
        admission.redirected(deployed, {hook.configuration for hook in hooks}, port),
        admission.local(deployed, hooks[0].service),
    ):
        yield


@contextlib.contextmanager
def started(
    deployed: Deployed, container: str, name: str, folder: pathlib.Path, **variables: str
) -> Iterator[pathlib.Path]:
    """Run a container's program with its own variables and token, and return its log."""
    binary = programs.find(name, "knative")
    planned = deployed.state.get_container(container).plan.services[container].environment
    kubeconfig = folder / f"{name}.kubeconfig"
    token = deployed.application.deployment.files[container][f"{FOLDER}/token"].text
    kubeconfig.write_text(json.dumps(deployed.application.server.kubeconfig(token)))
    metrics, profiles = map(str, free_ports(2))
    ports = {"METRICS_PROMETHEUS_PORT": metrics, "PROFILING_PORT": profiles}
    environment = {**os.environ, **planned, **ports, **variables, "KUBECONFIG": str(kubeconfig)}
    log = log_of(name, folder)
    with program([binary], folder, environment) as process, httpx2.Client() as http:
        await_answer(process, log, lambda: answers(http, f"http://127.0.0.1:{metrics}/metrics"))
        yield log


def answers(http: httpx2.Client, url: str) -> bool:
    with contextlib.suppress(httpx2.HTTPError):
        return http.get(url).is_success
    return False
