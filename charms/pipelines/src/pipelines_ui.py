"""How the pages of Kubeflow Pipelines are started.

Source of the command, variables and port: kubeflow/pipelines 2.17, frontend/server. It takes the object store's login
from variables alone, so a shell reads them from a file on the way.
"""

import hashlib
import hmac
import json
import pathlib
import shlex

from kubeflow_charms.interfaces.dashboard_links import Link, Links
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Program, Workload
from kubeflow_charms.storage.object_store import Store
from pipelines_network import API_HTTP, METADATA_PROXY, UI, USER_HEADER
from pipelines_options import PipelinesOptions
from profile_settings import key_format

PATH = "/pipeline"
FOLDER = "/etc/kubeflow-pipelines-ui"
LOGIN, VIEWER, AUTHORITIES = f"{FOLDER}/login", f"{FOLDER}/viewer-pod-template.json", f"{FOLDER}/authorities.pem"
LOOPBACK = f"{FOLDER}/loopback.js"
PAGES = (
    ("Experiments (KFP)", "#/experiments", "icons:done-all"),
    ("Pipelines", "#/pipelines", "kubeflow:pipeline-centered"),
    ("Runs", "#/runs", "maps:directions-run"),
    ("Recurring Runs", "#/recurringruns", "device:access-alarm"),
    ("Artifacts", "#/artifacts", "editor:bubble-chart"),
    ("Executions", "#/executions", "av:play-arrow"),
)
SHORTCUTS = (
    ("Upload a Pipeline", "Pipelines", "/pipeline/"),
    ("View Pipeline Runs", "Pipelines", "/pipeline/#/runs"),
)
DOCUMENTATION = Link(
    text="Kubeflow Pipelines",
    desc="Compile and run machine learning workflows",
    link="https://www.kubeflow.org/docs/components/pipelines/",
    location="documentation",
)

PROGRAM = Program("ui", role="ui-role.yaml.j2", writable=(FOLDER,))


def links() -> Links:
    """Return the links on the dashboard."""
    menu = [Link(text=text, link=f"{PATH}/{place}", location="menu", icon=icon) for text, place, icon in PAGES]
    quick = [Link(text=text, desc=desc, link=link, location="quick") for text, desc, link in SHORTCUTS]
    return Links(dashboard_links=(*menu, *quick, DOCUMENTATION))


def workload(*, options: PipelinesOptions, namespace: str, store: Store, bucket: str, key: str) -> Workload:
    """Return the pages.

    Args:
        options: the charm's.
        namespace: the model's.
        store: where artefacts are.
        bucket: in the store.
        key: a secret of the charm, of which the pages get one of their own.
    """
    login = {
        "MINIO_ACCESS_KEY": store.access_key,
        "MINIO_SECRET_KEY": store.secret_key,
        # Signs addresses of TensorBoards, which users see; without it the store's own key would.
        "TENSORBOARD_PROXY_SIGNING_SECRET": hmac.new(key.encode(), b"tensorboards", hashlib.sha256).hexdigest(),
    }
    files = {
        LOOPBACK: File((pathlib.Path(__file__).parent / "loopback.js").read_text()),
        LOGIN: File("".join(f"export {name}={shlex.quote(value)}\n" for name, value in login.items())),
        VIEWER: File(json.dumps(viewer_template(options.runner_sa))),
    }
    if store.authorities:
        files[AUTHORITIES] = File("\n".join(store.authorities))
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/sh -c '. {LOGIN} && exec node --require {LOOPBACK} dist/server.js ../client/ {UI}'",
        environment=environment(options=options, namespace=namespace, store=store, bucket=bucket),
        folder="/server",
        files=files,
        checks={PROGRAM.container: HttpCheck(UI, "/apis/v2beta1/healthz")},
    )


def viewer_template(account: str) -> dict[str, object]:
    """Return the pod of a TensorBoard, which the pages fetch without being part of the mesh.

    Args:
        account: the ServiceAccount of the user's namespace.
    """
    return {"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}, "spec": {"serviceAccountName": account}}


def environment(*, options: PipelinesOptions, namespace: str, store: Store, bucket: str) -> dict[str, str]:
    """Return the pages' variables; see `workload`."""
    found = {
        "CLUSTER_DOMAIN": f".svc.{network.cluster_domain()}",
        "DEPLOYMENT": "KUBEFLOW",
        "ENABLE_AUTHZ": "true",
        "KUBEFLOW_USERID_HEADER": USER_HEADER,
        "KUBEFLOW_USERID_PREFIX": "",
        "FRONTEND_SERVER_NAMESPACE": namespace,
        "HIDE_SIDENAV": json.dumps(options.hide_sidenav),
        "DISABLE_GKE_METADATA": json.dumps(options.disable_gke_metadata),
        "ALLOW_CUSTOM_VISUALIZATIONS": json.dumps(options.allow_custom_visualizations),
        "ML_PIPELINE_SERVICE_HOST": "localhost",
        "ML_PIPELINE_SERVICE_PORT": str(API_HTTP),
        "ML_PIPELINE_SERVICE_SCHEME": "http",
        "METADATA_ENVOY_SERVICE_SERVICE_HOST": "localhost",
        "METADATA_ENVOY_SERVICE_SERVICE_PORT": str(METADATA_PROXY),
        "NODE_OPTIONS": f"--max-http-header-size={network.HEADERS * 1024}",
        "MINIO_HOST": store.host,
        "MINIO_NAMESPACE": "",
        "MINIO_PORT": str(store.port),
        "MINIO_SSL": json.dumps(store.secure),
        "ARGO_ARCHIVE_LOGS": json.dumps(options.argo_archive_logs),
        "ARGO_ARCHIVE_BUCKETNAME": bucket,
        "ARGO_KEYFORMAT": key_format(store),
        # What the metadata do not know belongs to the namespace in its key; the gate has asked for it before.
        "ARTIFACT_NAMESPACE_OWNERSHIP_MODE": "mlmd-then-prefix",
        "ARTIFACT_NAMESPACE_KEY_PREFIX": key_format(store).partition("/{{workflow.namespace}}")[0],
        "ARTIFACTS_SERVICE_PROXY_ENABLED": "true",
        "ARTIFACTS_SERVICE_PROXY_NAME": "ml-pipeline-ui-artifact",
        "ARTIFACTS_SERVICE_PROXY_PORT": "80",
        "ALLOWED_ARTIFACT_DOMAIN_REGEX": r"^http://ml-pipeline-ui-artifact\.[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "VIEWER_TENSORBOARD_POD_TEMPLATE_SPEC_PATH": VIEWER,
    }
    return {**found, **({"NODE_EXTRA_CA_CERTS": AUTHORITIES} if store.authorities else {})}
