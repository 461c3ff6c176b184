"""The page of users' volumes, which opens a file browser for one as a PVCViewer."""

import json

import volume_viewer
import web_app
from kubeflow_charms.parts import File, Sandbox, Workload

CONTAINER = "volumes-web-app"
PORT = 5001
PREFIX = "/volumes"
FOLDER = "/etc/config"


def sandbox(memory: str) -> Sandbox:
    """Return the page's sandbox."""
    return Sandbox(container=CONTAINER, role="volumes-web-app-role.yaml.j2", writable=(FOLDER,), memory=memory)


def workload(viewer_image: str, *, secure_cookies: bool) -> Workload:
    """Return the page.

    Args:
        viewer_image: of the file browser.
        secure_cookies: whether browsers return its cookies over https alone.
    """
    return web_app.workload(
        CONTAINER,
        port=PORT,
        prefix=PREFIX,
        secure_cookies=secure_cookies,
        files={f"{FOLDER}/viewer-spec.yaml": File(json.dumps(volume_viewer.template(viewer_image), indent=1))},
    )
