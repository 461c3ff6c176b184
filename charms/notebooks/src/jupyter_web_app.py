"""The page on which users start servers.

Source of the folder and the names of its drawings: kubeflow/notebooks v1.11, components/crud-web-apps/jupyter, where a
ConfigMap is mounted (manifests/base), and the page asks for them (frontend/src/environments/environment.prod.ts).
"""

import json
import pathlib
from collections.abc import Iterable

import spawner_form
import web_app
from kubeflow_charms.parts import File, Program, Workload
from notebook_gpus import Gpu
from notebooks_options import NotebooksOptions

PORT = 5000
PREFIX = "/jupyter"
FOLDER = "/etc/config"
LOGOS = "/src/apps/default/static/assets/logos"
DRAWINGS = tuple(sorted((pathlib.Path(__file__).parent / "logos").glob("*.svg")))
"""Our own, of what each kind of server is for: the image of the page has none."""
PROGRAM = Program("jupyter-web-app", role="jupyter-web-app-role.yaml.j2", writable=(FOLDER, LOGOS))


def workload(options: NotebooksOptions, gpus: Iterable[Gpu], *, secure_cookies: bool) -> Workload:
    """Return the page; it offers the GPUs that the cluster has."""
    # JSON is YAML.
    form = json.dumps(spawner_form.document(options, gpus), indent=1)
    return web_app.workload(
        PROGRAM.container,
        port=PORT,
        prefix=PREFIX,
        secure_cookies=secure_cookies,
        files={
            f"{FOLDER}/spawner_ui_config.yaml": File(form),
            **{f"{LOGOS}/{drawing.name}": File(drawing.read_text()) for drawing in DRAWINGS},
        },
    )
