"""Print the training as a PyTorchJob, for `kubectl create`, with its program in a ConfigMap."""

import argparse
import pathlib
import sys
from typing import Any

import yaml

IMAGE = "docker.io/pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime"
PROGRAM = pathlib.Path(__file__).with_name("train_torch.py")
NAME = "fashion-mnist"


def documents(*, workers: int = 1, graphics: int = 0, image: str = IMAGE) -> list[dict[str, Any]]:
    """Return the ConfigMap with the program, and the job.

    Args:
        workers: replicas besides the master, which trains as well.
        graphics: NVIDIA GPUs for each replica.
        image: has Python and PyTorch.
    """
    limits = {"cpu": "2", "memory": "2Gi"} | ({"nvidia.com/gpu": str(graphics)} if graphics else {})
    container = {
        # The operator looks for the container of this name.
        "name": "pytorch",
        "image": image,
        "command": ["python", "/program/train_torch.py"],
        # Little enough for a node with two processors, master and workers together.
        "resources": {"requests": {"cpu": "200m", "memory": "512Mi"}, "limits": limits},
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
    }
    template = {
        # Replicas talk to each other at their own addresses; only where another Istio serves the cluster it is needed.
        "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "program", "configMap": {"name": NAME}}],
        },
    }
    replicas = {"Master": 1} | ({"Worker": workers} if workers else {})
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME},
            "data": {PROGRAM.name: PROGRAM.read_text()},
        },
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "metadata": {"name": NAME},
            "spec": {
                "runPolicy": {"cleanPodPolicy": "Running", "ttlSecondsAfterFinished": 86400},
                "pytorchReplicaSpecs": {
                    kind: {"replicas": count, "restartPolicy": "OnFailure", "template": template}
                    for kind, count in replicas.items()
                },
            },
        },
    ]


def main(arguments: list[str]) -> None:
    """Print the two documents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1, help="replicas besides the master")
    parser.add_argument("--gpus", type=int, default=0, help="NVIDIA GPUs for each replica")
    parser.add_argument("--image", default=IMAGE, help="an image with Python and PyTorch")
    given = parser.parse_args(arguments)
    made = documents(workers=given.workers, graphics=given.gpus, image=given.image)
    sys.stdout.write(yaml.safe_dump_all(made, sort_keys=False))


if __name__ == "__main__":
    main(sys.argv[1:])
