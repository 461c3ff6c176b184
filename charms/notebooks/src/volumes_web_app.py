"""The page of users' volumes, which opens a file browser for one as a PVCViewer."""

import json

import volume_viewer
import web_app
from kubeflow_charms.parts import File, Program, Workload

PORT = 5001
PREFIX = "/volumes"
FOLDER = "/etc/config"
PROGRAM = Program("volumes-web-app", role="volumes-web-app-role.yaml.j2", writable=(FOLDER,))


def workload(viewer_image: str, *, secure_cookies: bool) -> Workload:
    """Return the page.

    Args:
        viewer_image: of the file browser.
        secure_cookies: whether browsers return its cookies over https alone.
    """
    return web_app.workload(
        PROGRAM.container,
        port=PORT,
        prefix=PREFIX,
        secure_cookies=secure_cookies,
        files={f"{FOLDER}/viewer-spec.yaml": File(json.dumps(volume_viewer.template(viewer_image), indent=1))},
    )
