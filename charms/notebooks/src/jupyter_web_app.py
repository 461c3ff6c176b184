"""The page on which users start servers."""

import json
from collections.abc import Iterable

import spawner_form
import web_app
from kubeflow_charms.parts import File, Sandbox, Workload
from notebook_gpus import Gpu
from notebooks_options import NotebooksOptions

CONTAINER = "jupyter-web-app"
PORT = 5000
PREFIX = "/jupyter"
FOLDER = "/etc/config"


def sandbox(memory: str) -> Sandbox:
    """Return the page's sandbox."""
    return Sandbox(container=CONTAINER, role="jupyter-web-app-role.yaml.j2", writable=(FOLDER,), memory=memory)


def workload(options: NotebooksOptions, gpus: Iterable[Gpu], *, secure_cookies: bool) -> Workload:
    """Return the page; it offers the GPUs that the cluster has."""
    # JSON is YAML.
    form = json.dumps(spawner_form.document(options, gpus), indent=1)
    return web_app.workload(
        CONTAINER,
        port=PORT,
        prefix=PREFIX,
        secure_cookies=secure_cookies,
        files={f"{FOLDER}/spawner_ui_config.yaml": File(form)},
    )
