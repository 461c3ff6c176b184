"""The runtimes that training jobs are run with, one for each framework and each model that is fine-tuned.

Source of names, jobs, commands and variables: kubeflow/trainer v2.3.0, manifests/base/runtimes, and of how Volcano and
the co-scheduling plugin are asked: pkg/runtime/framework/plugins.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from kubeflow_charms.configuration import gang_scheduling
from kubeflow_charms.configuration.images import Images
from trainer_images import DATASET, DEEPSPEED, JAX, MLX, MODEL, TORCH, TORCHTUNE, XGBOOST

Object = dict[str, Any]

VERSION, KIND = "trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime"
FRAMEWORK = "trainer.kubeflow.org/framework"
"""The label by which the SDK knows how to write a job for a runtime."""
STEP = "trainer.kubeflow.org/trainjob-ancestor-step"
"""The label by which Trainer knows which job trains, and which ones fetch."""
UNASKED = {"trainer.kubeflow.org/webhook-validation": "disabled"}
"""What Trainer's webhook is not asked about: these are there before it answers."""
NODE, LAUNCHER, TRAINER = "node", "launcher", "trainer"
WORKSPACE, DISK = "/workspace", "initializer"
MPI_USER = 1000
GPU = "nvidia.com/gpu"


@dataclasses.dataclass(frozen=True)
class Model:
    """A large language model that is fine-tuned.

    Attributes:
        source: where it is fetched from, on Hugging Face.
        configuration: torchtune's, of the model and its size.
        tokenizer: what of the model splits text, by torchtune's name.
    """

    source: str
    configuration: str
    tokenizer: Mapping[str, str]


LLAMA = {"path": "original/tokenizer.model"}
MODELS: Mapping[str, Model] = {
    "torchtune-llama3.2-1b": Model("meta-llama/Llama-3.2-1B-Instruct", "llama3_2/1B_full", LLAMA),
    "torchtune-llama3.2-3b": Model("meta-llama/Llama-3.2-3B-Instruct", "llama3_2/3B_full", LLAMA),
    "torchtune-qwen2.5-1.5b": Model(
        "Qwen/Qwen2.5-1.5B-Instruct", "qwen2_5/1.5B_full", {"path": "vocab.json", "merges_file": "merges.txt"}
    ),
}
PLAIN = {TORCH: "torch", JAX: "jax", XGBOOST: "xgboost"}
"""Runtimes of equal nodes, and their frameworks."""
MPI = {DEEPSPEED: "deepspeed", MLX: "mlx"}
"""Runtimes whose programs one node starts on all others."""
NAMES = (*PLAIN, *MPI, *MODELS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides of the pods of training jobs.

    Attributes:
        images: of the runtimes.
        disabled: names of runtimes that are not to be there.
        extra: further runtimes by name, each a spec with a framework.
        scheduler: starts all pods of a job at once; "" for none.
        proxy: variables of the way out of the cluster.
    """

    images: Images
    disabled: tuple[str, ...]
    extra: Mapping[str, Mapping[str, Any]]
    scheduler: str
    proxy: Mapping[str, str]


def objects(settings: Settings) -> list[Object]:
    """Return the ClusterTrainingRuntimes."""
    built_in = [item for item in _built_in(settings) if item["metadata"]["name"] not in settings.disabled]
    return [*(_together(item, settings.scheduler) for item in built_in), *_extra(settings.extra)]


def _built_in(settings: Settings) -> Iterator[Object]:
    images = settings.images
    for name, framework in PLAIN.items():
        yield _runtime(name, framework, {framework: {}}, {"replicatedJobs": [_trains(_container(images.of(name)))]})
    for name, framework in MPI.items():
        yield _runtime(name, framework, {"mpi": _mpi()}, _launched(images.of(name)))
    for name, model in MODELS.items():
        yield _runtime(name, TORCHTUNE, {"torch": {}}, _fine_tuned(model, images, settings.proxy))


def _extra(runtimes: Mapping[str, Mapping[str, Any]]) -> Iterator[Object]:
    for name, fields in runtimes.items():
        spec = {key: value for key, value in fields.items() if key != "framework"}
        yield _object(name, fields["framework"], spec)


def _runtime(name: str, framework: str, policy: Object, jobset: Object) -> Object:
    return _object(name, framework, {"mlPolicy": {"numNodes": 1, **policy}, "template": {"spec": jobset}})


def _object(name: str, framework: str, spec: Object) -> Object:
    metadata = {"name": name, "labels": {FRAMEWORK: framework, **UNASKED}}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def _container(image: str, **more: Any) -> Object:
    """Return the container that trains; its name is Trainer's."""
    return {"name": NODE, "image": image, **more}


def _job(name: str, pod: Object, *, step: str = "", after: Mapping[str, str] | None = None) -> Object:
    template: Object = {"spec": {"template": {"spec": pod}}}
    if step:
        template["metadata"] = {"labels": {STEP: step}}
    waits = [{"name": job, "status": status} for job, status in (after or {}).items()]
    return {"name": name, **({"dependsOn": waits} if waits else {}), "template": template}


def _trains(container: Object, **more: Any) -> Object:
    return _job(NODE, {"containers": [container]}, step=TRAINER, **more)


def _mpi() -> Object:
    return {
        "numProcPerNode": 1,
        "mpiImplementation": "OpenMPI",
        "sshAuthMountPath": "/home/mpiuser/.ssh",
        "runLauncherAsNode": True,
    }


def _launched(image: str) -> Object:
    """Return the jobs of nodes that wait for a launcher, which starts the program on each and on itself."""
    user = {"securityContext": {"runAsUser": MPI_USER}}
    waits = _container(
        image,
        command=["/usr/sbin/sshd"],
        args=["-De", "-f", "/home/mpiuser/.sshd_config"],
        readinessProbe={"tcpSocket": {"port": 2222}, "initialDelaySeconds": 5},
        **user,
    )
    group = {"securityContext": {"fsGroup": MPI_USER}}
    return {
        "network": {"publishNotReadyAddresses": True},
        "successPolicy": {"operator": "All", "targetReplicatedJobs": [LAUNCHER]},
        "replicatedJobs": [
            _job(NODE, {**group, "containers": [waits]}),
            _job(LAUNCHER, {**group, "containers": [_container(image, **user)]}, step=TRAINER, after={NODE: "Ready"}),
        ],
    }


def _fine_tuned(model: Model, images: Images, proxy: Mapping[str, str]) -> Object:
    """Return the jobs that fetch a data set and a model on one disk, and train on both."""
    disk = {"name": DISK, "mountPath": WORKSPACE}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}}
    fetches = {DATASET: "hf://tatsu-lab/alpaca", MODEL: f"hf://{model.source}"}
    jobs = [_fetches(step, images.of(step), {"STORAGE_URI": source, **proxy}, disk) for step, source in fetches.items()]
    container = _container(
        images.of(TORCHTUNE),
        command=[*_tune(model)],
        resources={"limits": {GPU: 2}},
        volumeMounts=[disk],
    )
    return {
        "volumeClaimPolicies": [{"templates": [{"metadata": {"name": DISK}, "spec": claim}]}],
        "replicatedJobs": [*jobs, _trains(container, after=dict.fromkeys(fetches, "Complete"))],
    }


def _fetches(step: str, image: str, environment: Mapping[str, str], disk: Object) -> Object:
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    container = {"name": step, "image": image, "env": variables, "volumeMounts": [disk]}
    return _job(step, {"containers": [container]}, step=step)


def _tune(model: Model) -> Iterator[str]:
    yield from ("tune", "run", "--rdzv_endpoint=localhost:29500", "full_finetune_distributed")
    yield from ("--config", model.configuration)
    yield from ("dataset=torchtune.datasets.instruct_dataset", "dataset.source=parquet")
    yield f"dataset.data_dir={WORKSPACE}/dataset/data"
    yield f"output_dir={WORKSPACE}/output"
    for name, file in model.tokenizer.items():
        yield f"tokenizer.{name}={WORKSPACE}/model/{file}"
    yield f"checkpointer.checkpoint_dir={WORKSPACE}/model"


def _together(runtime: Object, scheduler: str) -> Object:
    """Return a runtime whose pods are placed all at once."""
    if not scheduler:
        return runtime
    for job in runtime["spec"]["template"]["spec"]["replicatedJobs"]:
        job["template"]["spec"]["template"]["spec"]["schedulerName"] = scheduler
    policy = gang_scheduling.VOLCANO if scheduler == gang_scheduling.VOLCANO else "coscheduling"
    return {**runtime, "spec": {**runtime["spec"], "podGroupPolicy": {policy: {}}}}
