"""The templates of trials that users choose from on the page, or name in an experiment.

Source of the examples: kubeflow/katib v0.19.0, examples/v1beta1. Trials do without Istio's sidecar, which would run on
when they have ended.
"""

from collections.abc import Mapping
from typing import Any

import katib_images
from kubeflow_charms.configuration.images import Images

NAME = "trial-templates"
"""The ConfigMap in the model's namespace."""
WITHOUT_SIDECAR = {"annotations": {"sidecar.istio.io/inject": "false"}, "labels": {"sidecar.istio.io/inject": "false"}}
RATES = ["--lr=${trialParameters.learningRate}", "--momentum=${trialParameters.momentum}"]
MNIST = ["python3", "/opt/pytorch-mnist/mnist.py", "--epochs=1"]


def templates(images: Images, more: Mapping[str, str]) -> dict[str, str]:
    """Return the templates by name, as YAML.

    Args:
        images: of the examples.
        more: templates of the site, which may take the place of one of the built-in ones.
    """
    import yaml

    built_in = {
        "defaultTrialTemplate.yaml": _job(images.of(katib_images.JOB), [*MNIST, "--batch-size=16", *RATES]),
        "enasCPUTemplate": _job(
            images.of(katib_images.ENAS),
            [
                *("python3", "-u", "RunTrial.py", "--num_epochs=1"),
                '--architecture="${trialParameters.neuralNetworkArchitecture}"',
                '--nn_config="${trialParameters.neuralNetworkConfig}"',
            ],
        ),
        "pytorchJobTemplate": _pytorch_job(images.of(katib_images.PYTORCH_JOB), [*MNIST, *RATES]),
        "trainJobTemplate": _train_job(images.of(katib_images.PYTORCH_JOB), [*MNIST, *RATES]),
    }
    return {**{name: yaml.safe_dump(item, sort_keys=False) for name, item in built_in.items()}, **more}


def _job(image: str, command: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"template": _pod("training-container", image, command, restartPolicy="Never")},
    }


def _pytorch_job(image: str, command: list[str]) -> dict[str, Any]:
    replicas = {
        role: {"replicas": number, "restartPolicy": "OnFailure", "template": _pod("pytorch", image, command)}
        for role, number in (("Master", 1), ("Worker", 2))
    }
    return {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": replicas}}


def _train_job(image: str, command: list[str]) -> dict[str, Any]:
    trains = {"numNodes": 2, "image": image, "command": list(command)}
    spec = {"runtimeRef": {"name": "torch-distributed"}, "trainer": trains}
    return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": spec}


def _pod(container: str, image: str, command: list[str], **more: str) -> dict[str, Any]:
    program = {"name": container, "image": image, "command": list(command)}
    metadata = {key: dict(value) for key, value in WITHOUT_SIDECAR.items()}
    return {"metadata": metadata, "spec": {"containers": [program], **more}}
