"""What a profile's namespace needs to run pipelines: pure functions from settings to objects.

Runs in a plain Python beside `sync_server`, with the standard library alone. Source of names, keys and
variables: Kubeflow Pipelines 2.15, its multi-user manifests, backend/src/v2/config and frontend/server.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from artefact_proof import proof

Object = dict[str, Any]
Settings = Mapping[str, Any]

LOGIN = "mlpipeline-minio-artifact"
PROOF = "artefact-proof"
GUARD = "artefact_guard.js"
PROXY, VISUALIZATION = "ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver"
ATTACHMENTS = (
    ("v1", "secrets"),
    ("v1", "configmaps"),
    ("v1", "services"),
    ("apps/v1", "deployments"),
    ("networking.k8s.io/v1", "networkpolicies"),
)
"""API version and resource of every kind that is made."""
NAMES = (
    ("v1", "Secret", LOGIN),
    ("v1", "ConfigMap", "kfp-launcher"),
    ("v1", "ConfigMap", "artifact-repositories"),
    ("v1", "ConfigMap", PROXY),
    ("v1", "ConfigMap", "metadata-grpc-configmap"),
    *(
        (api_version, kind, name)
        for name in (PROXY, VISUALIZATION)
        for api_version, kind in (
            ("apps/v1", "Deployment"),
            ("v1", "Service"),
            ("networking.k8s.io/v1", "NetworkPolicy"),
        )
    ),
)
"""Everything that is ever made in a namespace."""


def objects(namespace: Object, settings: Settings) -> list[Object]:
    """Return the objects of a namespace; none if it is no profile's, or if pipelines are not to run in it.

    Args:
        namespace: as Kubernetes has it.
        settings: of the charm.
    """
    labels = namespace["metadata"].get("labels") or {}
    if not settings["enabled"].items() <= labels.items():
        return []
    name = namespace["metadata"]["name"]
    found = [
        login(name, settings),
        launcher(name, settings),
        artefact_repository(settings),
        *([metadata(settings)] if settings["metadata"] else []),
        *artefact_proxy(name, settings),
        *(visualization(settings) if settings["visualization"] else []),
    ]
    for item in found:
        item["metadata"]["namespace"] = name
    return found


def login(namespace: str, settings: Settings) -> Object:
    """Return the Secret with the object store's login, by the name that launchers and Argo know.

    With it is the proof that the namespace's artefact server asks for, which is of use for this namespace alone.
    """
    store = settings["store"]
    data = {
        "accesskey": store["access_key"],
        "secretkey": store["secret_key"],
        PROOF: proof(settings["proofs"], namespace),
    }
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": LOGIN}, "type": "Opaque", "data": encoded}


def launcher(namespace: str, settings: Settings) -> Object:
    """Return where artefacts go, and how drivers and launchers get there."""
    store = settings["store"]
    secret = {"secretName": LOGIN, "accessKeyKey": "accesskey", "secretKeyKey": "secretkey"}
    default = {
        "endpoint": store["endpoint"],
        "region": store["region"],
        "disableSSL": not store["secure"],
        "forcePathStyle": True,
        "credentials": {"fromEnv": False, "secretRef": secret},
    }
    return _config_map(
        "kfp-launcher",
        {
            "defaultPipelineRoot": settings["root"].replace("{namespace}", namespace),
            "providers": json.dumps({name: {"default": default} for name in ("minio", "s3")}, sort_keys=True),
        },
    )


def artefact_repository(settings: Settings) -> Object:
    """Return where Argo puts logs and what else pods leave behind."""
    store = settings["store"]
    repository = {
        "archiveLogs": settings["archive_logs"],
        "s3": {
            "endpoint": store["endpoint"],
            "bucket": store["bucket"],
            "region": store["region"],
            "insecure": not store["secure"],
            "keyFormat": settings["key_format"],
            "accessKeySecret": {"name": LOGIN, "key": "accesskey"},
            "secretKeySecret": {"name": LOGIN, "key": "secretkey"},
        },
    }
    found = _config_map("artifact-repositories", {"default-namespaced": json.dumps(repository, sort_keys=True)})
    found["metadata"]["annotations"] = {"workflows.argoproj.io/default-artifact-repository": "default-namespaced"}
    return found


def metadata(settings: Settings) -> Object:
    """Return where steps find the metadata."""
    service, port = settings["metadata"]
    host = f"{service}.{settings['namespace']}"
    data = {"METADATA_GRPC_SERVICE_HOST": host, "METADATA_GRPC_SERVICE_PORT": str(port)}
    return _config_map("metadata-grpc-configmap", data)


def artefact_proxy(namespace: str, settings: Settings) -> list[Object]:
    """Return the server from which the pages take a namespace's artefacts.

    It has no token of Kubernetes, and its guard lets in only what the gate before the pages has let through.
    """
    store = settings["store"]
    plain = {
        "MINIO_HOST": store["host"],
        "MINIO_NAMESPACE": "",
        "MINIO_PORT": str(store["port"]),
        "MINIO_SSL": json.dumps(store["secure"]),
        "ML_PIPELINE_SERVICE_HOST": settings["api"]["host"],
        "ML_PIPELINE_SERVICE_PORT": str(settings["api"]["port"]),
        "FRONTEND_SERVER_NAMESPACE": namespace,
        "DISABLE_GKE_METADATA": "true",
        "ALLOWED_ARTIFACT_DOMAIN_REGEX": "^$",
        "NODE_OPTIONS": f"--require /guard/{GUARD}",
    }
    secret = {"MINIO_ACCESS_KEY": "accesskey", "MINIO_SECRET_KEY": "secretkey", "ARTEFACT_PROOF": PROOF}
    guard = _config_map(PROXY, {GUARD: settings["guard"]})
    return [
        guard,
        *_server(
            PROXY,
            settings,
            image=settings["images"]["frontend"],
            ports=(80, 3000),
            environment=[
                # Kubernetes drops an empty value, and Metacontroller would put it back each minute.
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
        image=settings["images"]["visualization_server"],
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
        "serviceAccountName": settings["account"],
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if folder:
        container["volumeMounts"] = [{"name": "files", "mountPath": folder[0], "readOnly": True}]
        specification["volumes"] = [{"name": "files", "configMap": {"name": folder[1]}}]
    template = {
        "metadata": {"labels": {**labels, "sidecar.istio.io/inject": "false"}},
        "spec": specification,
    }
    origin = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": settings["namespace"]}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": settings["app"]}},
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
