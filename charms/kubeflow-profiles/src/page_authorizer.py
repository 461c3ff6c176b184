"""How the authoriser of users' pages and of new profiles is started, and how the gateway asks it.

A server, TensorBoard or viewer of a user's is on the dashboard's origin: its page does what whoever looks at it may. A
stranger's is not shown, also where its pod has no sidecar that would ask who the user is.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator

from kubeflow_charms.networking import network
from kubeflow_charms.parts import HttpCheck, Manifests, Part, Program, Workload
from kubeflow_charms.parts.program import program
from profile_principals import USER_HEADER

PORT = 8083
FOLDER = "/srv/page-authorizer"
FILES = ("page_authorizer_server.py",)
LIBRARY = ("small_programs.envoys_questions", "small_programs.health_server", "small_programs.kubernetes_api")
PROGRAM = Program("page-authorizer", role="page-authorizer-role.yaml.j2", writable=(FOLDER,))
"""It may ask who may do what, and see whose a namespace is, and no more."""
PEOPLE = "(?i:/+api/+workgroup/+get-.*)"
"""A regular expression of RE2 for the dashboard's paths that tell who works in which profile, which it tells everybody.
Its router takes capitals and further slashes for nothing."""
MAKING = "(?i:/+api/+workgroup/+create/*([?].*)?)"
"""The dashboard's path that makes a profile, for whoever the request says."""
LARGEST = 128 * 1024
"""Bytes of a request for a profile that are shown to the authoriser, which refuses half of them already. Were Envoy
told to show a request whole or not at all, it would wait for ever for the rest of one that has filled its buffer."""
PLACES = ("notebook", "tensorboard", "pvcviewers", "workspace/connect")
"""Of paths below which are namespaces, and pages of programs there; models' have an origin of their own anyway."""


def workload(read: Callable[[str], str], cluster_admins: Iterable[str]) -> Workload:
    """Return the program.

    Args:
        read: returns the text of a file of the charm's `src`.
        cluster_admins: the users who may see who works in which profile.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"python3 -B -u {FOLDER}/{FILES[0]} {PORT} {USER_HEADER} {shlex.quote(','.join(cluster_admins))}",
        files=program(FOLDER, FILES, read, LIBRARY),
        checks={PROGRAM.container: HttpCheck(PORT, "/healthz")},
    )


def gate(*, app: str, model: str, gateway: str) -> Iterator[Part]:
    """Yield what has the gateway ask before it leads to a page of a user's.

    Args:
        app: the application, whose Service is asked.
        model: see `app`.
        gateway: the principal of the related gateway's proxies; empty of one that does not say where they are, as
            published ones, whose proxies nobody configures here.
    """
    if not gateway:
        return
    yield Manifests(
        "page-gate",
        "page-gate.yaml.j2",
        {
            "gateway": gateway.split("/")[2],
            "cluster": f"outbound|{PORT}||{app}.{model}.svc.{network.cluster_domain()}",
            "filters": [
                {
                    "name": "kubeflow-pages",
                    "paths": f"/({'|'.join(PLACES)})/.*|{PEOPLE}",
                    "headers": [USER_HEADER],
                    "most": 0,
                },
                {
                    "name": "kubeflow-registration",
                    "paths": MAKING,
                    "headers": [USER_HEADER, "content-type", "content-encoding"],
                    "most": LARGEST,
                },
            ],
        },
    )
