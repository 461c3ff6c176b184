"""How the authoriser is started: our own program that asks Kubernetes whether a user may see what the pages show."""

import json
import pathlib
from typing import Any

import namespace_objects
from api_server import AUDIENCE
from kubeflow_charms.parts import Alert, File, HttpCheck, Metrics, Program, Workload
from kubeflow_charms.parts.program import program
from kubeflow_charms.relations.secrets import Secrets, password
from kubeflow_charms.storage.object_store import Store
from pipelines_network import API_HTTP, AUTHORIZER, GATE_HTTP, SMOKE_TEST, USER_HEADER

FOLDER = "/srv/authorizer"
FILES = ("authorizer_server.py", "page_access.py", "run_requests.py", "upload_access.py", "artefact_proof.py")
LIBRARY = ("small_programs.envoys_questions", "small_programs.kubernetes_api")
WHOSE = "{namespace}"
PROGRAM = Program("authorizer", role="authorizer-role.yaml.j2", writable=(FOLDER,))
"""It may ask who may do what, and no more."""
FAILED = Alert(
    "KubeflowPipelinesSmokeTestFailed",
    "kubeflow_pipelines_smoke_test_success{%s} == 0",
    "The last smoke test of pipelines did not come to its end: run the action smoke-test, which names the step",
)


def key(secrets: Secrets) -> str:
    """Return the key of the proofs that the namespaces' artefact servers ask for.

    Raises:
        Waiting: the leader has not made it yet.
    """
    return secrets.ensure("artefact-proofs", lambda: {"key": password(40)})["key"]


def workload(*, namespace: str, store: Store, bucket: str, root: str, key_format: str, key: str) -> Workload:
    """Return the program.

    Args:
        namespace: the model's.
        store: where artefacts are.
        bucket: in the store.
        root: where launchers put a namespace's artefacts, as a URL with `{namespace}`.
        key_format: where Argo puts them in the bucket.
        key: of the proofs.
    """
    here, path = pathlib.Path(__file__).parent, f"{FOLDER}/settings.json"
    settings: dict[str, Any] = {
        "port": AUTHORIZER,
        "header": USER_HEADER,
        "audience": AUDIENCE,
        "api": API_HTTP,
        "namespace": namespace,
        "bucket": bucket,
        "endpoint": store.endpoint,
        "login": namespace_objects.LOGIN,
        "prefixes": prefixes(bucket, root, key_format),
        "key": key,
    }
    return Workload(
        container=PROGRAM.container,
        command=f"python3 -B {FOLDER}/{FILES[0]} {path}",
        files={
            **program(FOLDER, FILES, lambda name: (here / name).read_text(), LIBRARY),
            path: File(json.dumps(settings, indent=1, sort_keys=True)),
        },
        checks={PROGRAM.container: HttpCheck(AUTHORIZER, "/healthz")},
        metrics=Metrics(GATE_HTTP, SMOKE_TEST, alerts=(FAILED,)),
    )


def prefixes(bucket: str, root: str, key_format: str) -> list[str]:
    """Return below which keys of the bucket a namespace's artefacts are; a root elsewhere is not shown by the pages.

    A root that does not name the namespace is one that the operator lets all share.
    """
    argo = key_format.partition("{{workflow.namespace}}")[0] + f"{WHOSE}/"
    scheme, _, place = root.partition("://")
    found, _, folder = place.partition("/")
    ours = scheme in ("minio", "s3") and found == bucket and folder
    return list(dict.fromkeys([argo, *([f"{folder.rstrip('/')}/"] if ours else [])]))
