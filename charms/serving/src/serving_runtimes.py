"""The runtimes that serve users' models, one for each server, and what fetches a model before its server starts.

Source of names, formats, priorities, arguments and variables: kserve/kserve v0.15.2, config/runtimes and
config/storagecontainers. TorchServe, which upstream has for PyTorch, is archived: Triton is chosen for it here.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import serving_images
from kubeflow_charms.configuration.images import Images
from serving_images import RUNTIME

VERSION = "serving.kserve.io/v1alpha1"
MODELS = "/mnt/models"
HTTP, GRPC = 8080, 9000
NAME = "--model_name={{.Name}}"
"""KServe puts the name of the InferenceService in."""
READY = "/v2/health/ready"
"""Of the Open Inference Protocol. With the open port alone a model that is still being loaded would be asked."""
PREDICTOR = (NAME, f"--model_dir={MODELS}", f"--http_port={HTTP}")
FETCHED = ("gs://", "s3://", "hdfs://", "hf://", "webhdfs://")
FETCHED_ALIKE = (
    "https://(.+?).blob.core.windows.net/(.+)",
    "https://(.+?).file.core.windows.net/(.+)",
    "https?://(.+)/(.+)",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Runtime:
    """A server of models.

    Attributes:
        name: by which an InferenceService may ask for it.
        image: the key of its image.
        formats: versions of the formats that it is chosen for.
        protocols: that it speaks; an InferenceService speaks v1 unless it says otherwise.
        priority: among those for a format, the highest is chosen.
        arguments, command, environment: of its container.
        metrics: the port of its metrics.
        user: whom it runs as, where its image does not say so by number; 0 for the image's.
        shared_memory: whether processes of it share memory.
        ready: the path that says whether its models are loaded; "" where KServe looks for the open port alone.
    """

    name: str
    image: str
    formats: Mapping[str, tuple[str, ...]]
    protocols: tuple[str, ...]
    priority: int = 1
    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    metrics: int = HTTP
    user: int = 0
    shared_memory: bool = False
    ready: str = ""


RUNTIMES = (
    Runtime(
        name="kserve-huggingfaceserver",
        image=f"{RUNTIME}huggingfaceserver",
        formats={"huggingface": ("1",)},
        protocols=("v2", "v1"),
        arguments=(NAME,),
        environment={"LMCACHE_USE_EXPERIMENTAL": "True"},
        shared_memory=True,
    ),
    Runtime(
        name="kserve-lgbserver",
        image=f"{RUNTIME}lgbserver",
        formats={"lightgbm": ("3",)},
        protocols=("v1", "v2"),
        arguments=(*PREDICTOR, "--nthread=1"),
    ),
    Runtime(
        name="kserve-mlserver",
        image=f"{RUNTIME}kserve_mlserver",
        formats={"sklearn": ("0", "1"), "xgboost": ("1", "2"), "lightgbm": ("3", "4"), "mlflow": ("1", "2")},
        protocols=("v2",),
        priority=2,
        environment={
            "MLSERVER_MODEL_IMPLEMENTATION": "{{.Labels.modelClass}}",
            "MLSERVER_HTTP_PORT": str(HTTP),
            "MLSERVER_GRPC_PORT": str(GRPC),
            "MODELS_DIR": MODELS,
        },
        # Its own default, and not where it serves.
        metrics=8082,
        ready=READY,
    ),
    Runtime(
        name="kserve-paddleserver",
        image=f"{RUNTIME}paddleserver",
        formats={"paddle": ("2",)},
        protocols=("v1", "v2"),
        arguments=PREDICTOR,
    ),
    Runtime(
        name="kserve-pmmlserver",
        image=f"{RUNTIME}pmmlserver",
        formats={"pmml": ("3", "4")},
        protocols=("v1", "v2"),
        arguments=PREDICTOR,
    ),
    Runtime(
        name="kserve-sklearnserver",
        image=f"{RUNTIME}sklearnserver",
        formats={"sklearn": ("1",)},
        protocols=("v1", "v2"),
        arguments=PREDICTOR,
    ),
    Runtime(
        name="kserve-tensorflow-serving",
        image=f"{RUNTIME}tensorflow_serving",
        formats={"tensorflow": ("1", "2")},
        protocols=("v1", "grpc-v1"),
        priority=2,
        command=("/usr/bin/tensorflow_model_server",),
        arguments=(
            NAME,
            f"--port={GRPC}",
            f"--rest_api_port={HTTP}",
            f"--model_base_path={MODELS}",
            "--rest_api_timeout_in_ms=60000",
        ),
        user=1000,
    ),
    Runtime(
        name="kserve-tritonserver",
        image=f"{RUNTIME}tritonserver",
        formats={"tensorrt": ("8",), "tensorflow": ("1", "2"), "onnx": ("1",), "pytorch": ("1",), "triton": ("2",)},
        protocols=("v2", "grpc-v2"),
        arguments=(
            "tritonserver",
            f"--model-store={MODELS}",
            f"--grpc-port={GRPC}",
            f"--http-port={HTTP}",
            "--allow-grpc=true",
            "--allow-http=true",
            # All, and any may be taken out and put back: Triton refuses both in its other modes.
            "--model-control-mode=explicit",
            "--load-model=*",
        ),
        metrics=8002,
        user=1000,
        ready=READY,
    ),
    Runtime(
        name="kserve-xgbserver",
        image=f"{RUNTIME}xgbserver",
        formats={"xgboost": ("1",)},
        protocols=("v1", "v2"),
        arguments=(*PREDICTOR, "--nthread=1"),
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides of the pods of models.

    Attributes:
        images: of servers and what is beside them.
        requests, limits: of a model's container, by resource.
        disabled: names of runtimes that are not to be chosen.
        fetch_limits: of the container that fetches models.
        proxy: variables of the way out of the cluster.
    """

    images: Images
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    disabled: tuple[str, ...]
    fetch_limits: Mapping[str, str]
    proxy: Mapping[str, str]


def objects(settings: Settings) -> list[dict[str, Any]]:
    """Return the ClusterServingRuntimes and the ClusterStorageContainer."""
    return [*(_runtime(runtime, settings) for runtime in RUNTIMES), _storage(settings)]


def secure(user: int = 0) -> dict[str, Any]:
    """Return what the container of a model, or of what is beside it, may not."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        **({"runAsUser": user} if user else {}),
    }


def _runtime(runtime: Runtime, settings: Settings) -> dict[str, Any]:
    resources = {"requests": dict(settings.requests), "limits": dict(settings.limits)}
    container: dict[str, Any] = {
        "name": "kserve-container",
        "image": settings.images.of(runtime.image),
        # One of the two names that Knative takes. A sidecar does not know it, so the route maker tells what it means.
        "ports": [{"name": "http1", "containerPort": HTTP, "protocol": "TCP"}],
        "securityContext": secure(runtime.user),
        "resources": {name: amounts for name, amounts in resources.items() if amounts},
    }
    if runtime.command:
        container["command"] = list(runtime.command)
    if runtime.arguments:
        container["args"] = list(runtime.arguments)
    if runtime.ready:
        container["readinessProbe"] = {"httpGet": {"path": runtime.ready, "port": HTTP}, "periodSeconds": 5}
    if runtime.environment:
        container["env"] = _variables(runtime.environment)
    spec: dict[str, Any] = {
        "annotations": _metrics(runtime.metrics),
        "supportedModelFormats": list(_formats(runtime)),
        "protocolVersions": list(runtime.protocols),
        "containers": [container],
        "disabled": runtime.name in settings.disabled,
    }
    if runtime.shared_memory:
        container["volumeMounts"] = [{"name": "devshm", "mountPath": "/dev/shm"}]
        spec["volumes"] = [{"name": "devshm", "emptyDir": {"medium": "Memory"}}]
    return {"apiVersion": VERSION, "kind": "ClusterServingRuntime", "metadata": {"name": runtime.name}, "spec": spec}


def _metrics(port: int) -> dict[str, str]:
    """Return what leads a Prometheus to the metrics; a sidecar shows them beside its own, to whoever asks."""
    where = {"path": "/metrics", "port": str(port)}
    found = {
        f"{prefix}/{key}": text for prefix in ("prometheus.io", "prometheus.kserve.io") for key, text in where.items()
    }
    return {**found, "prometheus.io/scrape": "true"}


def _formats(runtime: Runtime) -> Iterable[dict[str, Any]]:
    for name, versions in runtime.formats.items():
        for version in versions:
            yield {"name": name, "version": version, "autoSelect": True, "priority": runtime.priority}


def _storage(settings: Settings) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "storage-initializer",
        "image": settings.images.of(serving_images.STORAGE),
        "securityContext": secure(),
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}, "limits": dict(settings.fetch_limits)},
    }
    if settings.proxy:
        container["env"] = _variables(settings.proxy)
    formats = [*({"prefix": text} for text in FETCHED), *({"regex": text} for text in FETCHED_ALIKE)]
    spec = {"container": container, "supportedUriFormats": formats, "workloadType": "initContainer"}
    return {"apiVersion": VERSION, "kind": "ClusterStorageContainer", "metadata": {"name": "default"}, "spec": spec}


def _variables(environment: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(environment.items())]
