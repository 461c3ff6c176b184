"""What a profile's namespace needs to run pipelines: pure functions from settings to objects.

The objects go to kubeflow-profiles, which places them; see `kubernetes_manifest` for what stands in double braces.
Source of names, keys and variables: Kubeflow Pipelines 2.17, its multi-user manifests, backend/src/v2/config and
frontend/server.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from kubeflow_charms.storage.object_store import DEFAULT_REGION, Store
from pipelines_network import ENABLED

Object = dict[str, Any]

NAMESPACE = "{{ NAMESPACE }}"
LOGIN = "mlpipeline-minio-artifact"
PROOF = "artefact-proof"
AUTHORITY = "ca.crt"
"""In the Secret with the login: who certifies a store that has an authority of its own."""
GUARD = "artefact_guard.js"
PROXY, VISUALIZATION = "ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver"
STORE_KEY, PROOFS_KEY, LOGIN_KEY = "store", "proofs", "login"
"""The names of the keys from which a namespace's login and proof are made, and what changes with its login."""
TAKES_OVER = {"metacontroller.k8s.io/decorator-controller": "kubeflow-pipelines-profile-controller"}
"""What earlier revisions, and upstream, had Metacontroller make; source: its pkg/controller/decorator."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the objects depend on.

    Attributes:
        app: the application.
        model: its model.
        account: of users' pods.
        store: where artefacts are.
        bucket: in the store.
        root: where launchers put a namespace's artefacts, as a URL with `{namespace}`.
        key_format: where Argo puts what pods leave behind.
        proofs: the key of the proofs that artefact servers ask for.
        archive_logs: whether Argo keeps logs in the store.
        metadata: name and port of the metadata's Service.
        images: of the servers, by name.
        visualization: whether namespaces have a server that draws.
        api: name and port of the API's Service.
    """

    app: str
    model: str
    account: str
    store: Store
    bucket: str
    root: str
    key_format: str
    proofs: str
    archive_logs: bool
    metadata: tuple[str, int]
    images: Mapping[str, str]
    visualization: bool
    api: tuple[str, int]

    @property
    def selector(self) -> dict[str, str]:
        """The labels of the namespaces that get the objects."""
        return dict(ENABLED)

    @property
    def keys(self) -> dict[str, str]:
        """What a namespace's login and proof are made from."""
        store = self.store
        login = "\n".join((store.access_key, store.secret_key, store.profile_seed, *store.authorities))
        own = {STORE_KEY: store.profile_seed} if store.profile_seed else {}
        return {PROOFS_KEY: self.proofs, LOGIN_KEY: login, **own}


def objects(settings: Settings) -> list[Object]:
    """Return the objects of every namespace that pipelines run in."""
    return [
        login(settings),
        launcher(settings),
        artefact_repository(settings),
        metadata(settings),
        *artefact_proxy(settings),
        *(visualization(settings) if settings.visualization else []),
    ]


def login(settings: Settings) -> Object:
    """Return the Secret with the object store's login, by the name that launchers and Argo know.

    It is the namespace's own where the store has one for each. With it is the proof that the namespace's artefact
    server asks for, which is of use for this namespace alone, and whom to trust where the store's certificate is of an
    authority of its own.
    """
    store = settings.store
    own = {"accesskey": f"{{{{ ACCESS_KEY {STORE_KEY} }}}}", "secretkey": f"{{{{ SECRET_KEY {STORE_KEY} }}}}"}
    shared = {"accesskey": store.access_key, "secretkey": store.secret_key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": LOGIN},
        "type": "Opaque",
        "stringData": {
            **(own if store.profile_seed else shared),
            PROOF: f"{{{{ DIGEST {PROOFS_KEY} }}}}",
            **({AUTHORITY: "\n".join(store.authorities)} if store.authorities else {}),
        },
    }


def trust(store: Store) -> tuple[str, str] | None:
    """Return the Secret and the key where a namespace has the store's own authority; None where it has none."""
    return (LOGIN, AUTHORITY) if store.authorities else None


def launcher(settings: Settings) -> Object:
    """Return where artefacts go, and how drivers and launchers get there."""
    store = settings.store
    secret = {"secretName": LOGIN, "accessKeyKey": "accesskey", "secretKeyKey": "secretkey"}
    default = {
        "endpoint": store.endpoint,
        "region": store.region or DEFAULT_REGION,
        "disableSSL": not store.secure,
        "forcePathStyle": True,
        "credentials": {"fromEnv": False, "secretRef": secret},
    }
    return _config_map(
        "kfp-launcher",
        {
            "defaultPipelineRoot": settings.root.replace("{namespace}", NAMESPACE),
            "providers": json.dumps({name: {"default": default} for name in ("minio", "s3")}, sort_keys=True),
        },
    )


def artefact_repository(settings: Settings) -> Object:
    """Return where Argo puts logs and what else pods leave behind."""
    store = settings.store
    repository = {
        "archiveLogs": settings.archive_logs,
        "s3": {
            "endpoint": store.endpoint,
            "bucket": settings.bucket,
            "region": store.region or DEFAULT_REGION,
            "insecure": not store.secure,
            "keyFormat": settings.key_format,
            "accessKeySecret": {"name": LOGIN, "key": "accesskey"},
            "secretKeySecret": {"name": LOGIN, "key": "secretkey"},
            **({"caSecret": {"name": LOGIN, "key": AUTHORITY}} if store.authorities else {}),
        },
    }
    found = _config_map("artifact-repositories", {"default-namespaced": json.dumps(repository, sort_keys=True)})
    found["metadata"]["annotations"] = {"workflows.argoproj.io/default-artifact-repository": "default-namespaced"}
    return found


def metadata(settings: Settings) -> Object:
    """Return where steps find the metadata."""
    service, port = settings.metadata
    host = f"{service}.{settings.model}"
    data = {"METADATA_GRPC_SERVICE_HOST": host, "METADATA_GRPC_SERVICE_PORT": str(port)}
    return _config_map("metadata-grpc-configmap", data)


def artefact_proxy(settings: Settings) -> list[Object]:
    """Return the server from which the pages take a namespace's artefacts.

    It has no token of Kubernetes, and its guard lets in only what the gate before the pages has let through.
    """
    store = settings.store
    host, port = settings.api
    plain = {
        "MINIO_HOST": store.host,
        "MINIO_NAMESPACE": "",
        "MINIO_PORT": str(store.port),
        "MINIO_SSL": json.dumps(store.secure),
        "ML_PIPELINE_SERVICE_HOST": host,
        "ML_PIPELINE_SERVICE_PORT": str(port),
        "FRONTEND_SERVER_NAMESPACE": NAMESPACE,
        "DISABLE_GKE_METADATA": "true",
        "ALLOWED_ARTIFACT_DOMAIN_REGEX": "^$",
        "NODE_OPTIONS": f"--require /guard/{GUARD}",
        **({"NODE_EXTRA_CA_CERTS": f"/guard/{AUTHORITY}"} if store.authorities else {}),
    }
    secret = {"MINIO_ACCESS_KEY": "accesskey", "MINIO_SECRET_KEY": "secretkey", "ARTEFACT_PROOF": PROOF}
    trusted = {AUTHORITY: "\n".join(store.authorities)} if store.authorities else {}
    guard = _config_map(PROXY, {GUARD: (pathlib.Path(__file__).parent / GUARD).read_text(), **trusted})
    return [
        guard,
        *_server(
            PROXY,
            settings,
            image=settings.images["frontend"],
            ports=(80, 3000),
            environment=[
                # Kubernetes drops an empty value, and the placer would put it back in each pass.
                *({"name": name, **({"value": value} if value else {})} for name, value in plain.items()),
                *(
                    {"name": name, "valueFrom": {"secretKeyRef": {"name": LOGIN, "key": key}}}
                    for name, key in secret.items()
                ),
            ],
            resources={"requests": {"cpu": "10m", "memory": "70Mi"}, "limits": {"cpu": "100m", "memory": "500Mi"}},
            folder=("/guard", PROXY),
        ),
    ]


def visualization(settings: Settings) -> list[Object]:
    """Return the server that draws a namespace's visualisations, and runs its users' code for that."""
    return _server(
        VISUALIZATION,
        settings,
        image=settings.images["visualization_server"],
        ports=(8888, 8888),
        environment=[{"name": "HOME", "value": "/tmp"}],
        resources={"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}},
    )


def _server(
    name: str,
    settings: Settings,
    *,
    image: str,
    ports: tuple[int, int],
    environment: list[Object],
    resources: Object,
    folder: tuple[str, str] | None = None,
) -> list[Object]:
    """Return a Deployment, its Service, and the policy that lets the pages and the API in and nobody else.

    The pod has no sidecar: those who ask are outside the mesh, whose policies could not tell them from others. It has
    no token either.

    Args:
        name: of all of them.
        settings: of the charm.
        image: what runs.
        ports: the Service's and the container's.
        environment: the container's.
        resources: the container's.
        folder: where a ConfigMap is mounted, and its name.
    """
    labels = {"app": name}
    service_port, port = ports
    container: Object = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": port, "protocol": "TCP"}],
        "env": environment,
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    specification: Object = {
        "serviceAccountName": settings.account,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if folder:
        container["volumeMounts"] = [{"name": "files", "mountPath": folder[0], "readOnly": True}]
        specification["volumes"] = [{"name": "files", "configMap": {"name": folder[1]}}]
    template = {
        "metadata": {
            "labels": {**labels, "sidecar.istio.io/inject": "false"},
            # Variables from a Secret stay as they are until the pod is another.
            "annotations": {"kubeflow-charms/login": f"{{{{ DIGEST {LOGIN_KEY} }}}}"},
        },
        "spec": specification,
    }
    origin = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings.model}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": settings.app}},
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "selector": labels,
                "ports": [{"name": "http", "port": service_port, "targetPort": port, "protocol": "TCP"}],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name},
            "spec": {
                "podSelector": {"matchLabels": labels},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [origin], "ports": [{"port": port, "protocol": "TCP"}]}],
            },
        },
    ]


def _config_map(name: str, data: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
