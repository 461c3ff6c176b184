"""Tune the learning rate and the batch size of the network of examples/fashion-mnist.

`python tune.py` prints an experiment for `kubectl create`, with its programs in a ConfigMap; `python tune.py --run`, in
a notebook server of Kubeflow, runs it by Katib's SDK and prints the best trial.
"""

import argparse
import os
import pathlib
import sys
from typing import Any

import yaml

IMAGE = os.environ.get("FASHION_MNIST_IMAGE", "")
"""An image that has NumPy, for a cluster without internet; else every trial installs it."""
BASE = "docker.io/library/python:3.12-slim"
NUMPY = "numpy==2.4.6"
HERE = pathlib.Path(__file__).parent
PROGRAMS = (HERE / "trial.py", *(HERE.parent / "fashion-mnist" / name for name in ("network.py", "sample.py")))
NAME = "fashion-mnist"
CONTAINER = "main"

Object = dict[str, Any]


def documents(
    *,
    name: str = NAME,
    algorithm: str = "random",
    trials: int = 12,
    parallel: int = 3,
    epochs: int = 2,
    mirror: str = "",
    image: str = IMAGE,
) -> list[Object]:
    """Return the ConfigMap with the programs, and the experiment.

    Args:
        name: of both.
        algorithm: of Katib's.
        trials: how many there are.
        parallel: how many of them at a time.
        epochs: how often a trial sees every image.
        mirror: the URL of the folder with the real data set; without it trials make a small one.
        image: has Python and NumPy; without it trials install NumPy.
    """
    setting = [f"--epochs={epochs}", *([f"--mirror={mirror}"] if mirror else [])]
    given = ["--rate=${trialParameters.rate}", "--batch=${trialParameters.batch}", *setting]
    run = f"python /program/trial.py {' '.join(given)}"
    container = {
        "name": CONTAINER,
        "image": image or BASE,
        # In braces, so that Katib's collector finds the file of numbers from the first command on.
        "command": ["sh", "-c", run if image else f"{{ pip install --quiet {NUMPY} && {run}; }}"],
        # Little enough for three of them on a node with two processors.
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
    }
    pod = {
        # With Istio's sidecar a trial would never end.
        "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [container],
            "volumes": [{"name": "program", "configMap": {"name": name}}],
        },
    }
    experiment = {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "accuracy"},
            "algorithm": {"algorithmName": algorithm},
            "parallelTrialCount": min(parallel, trials),
            "maxTrialCount": trials,
            "maxFailedTrialCount": min(3, trials),
            "parameters": [
                {"name": "rate", "parameterType": "double", "feasibleSpace": {"min": "0.0001", "max": "0.02"}},
                {"name": "batch", "parameterType": "int", "feasibleSpace": {"min": "16", "max": "128"}},
            ],
            "trialTemplate": {
                "primaryContainerName": CONTAINER,
                "trialParameters": [{"name": key, "reference": key} for key in ("rate", "batch")],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"backoffLimit": 1, "template": pod},
                },
            },
        },
    }
    programs = {path.name: path.read_text() for path in PROGRAMS}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": programs}
    return [config_map, experiment]


def run(made: list[Object], *, timeout: int = 3600) -> dict[str, str]:
    """Run an experiment in the namespace that the program runs in, by Katib's SDK, and return the best settings.

    Args:
        made: what `documents` returns.
        timeout: seconds.

    Raises:
        RuntimeError: it fails, or Kubernetes refuses it.
        TimeoutError: it takes longer.
    """
    from kubeflow import katib  # pyright: ignore[reportMissingImports]

    programs, experiment = made
    name = experiment["metadata"]["name"]
    client = katib.KatibClient()
    client.core_api.create_namespaced_config_map(client.namespace, programs)
    client.create_experiment(experiment)
    client.wait_for_experiment_condition(name, timeout=timeout)
    best = client.get_optimal_hyperparameters(name)
    (metric,) = best.observation.metrics
    settings = {item.name: item.value for item in best.parameter_assignments}
    print(f"the best of {len(client.list_trials(experiment_name=name))} trials is {best.best_trial_name}")
    print(" ".join(f"{key}={value}" for key, value in settings.items()), f"accuracy={metric.latest}", flush=True)
    return settings


def main(arguments: list[str]) -> None:
    """Print the two documents, or run them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="store_true", help="run it by the SDK instead of printing it")
    parser.add_argument("--name", default=NAME, help="of the experiment")
    parser.add_argument("--algorithm", default="random", help="of Katib's")
    parser.add_argument("--trials", type=int, default=12, help="how many there are")
    parser.add_argument("--parallel", type=int, default=3, help="how many of them at a time")
    parser.add_argument("--epochs", type=int, default=2, help="how often a trial sees every image")
    parser.add_argument("--mirror", default="", help="the URL of the folder with the real data set")
    parser.add_argument("--image", default=IMAGE, help="has Python and NumPy")
    given = vars(parser.parse_args(arguments))
    wanted = given.pop("run")
    made = documents(**given)
    if wanted:
        run(made)
    else:
        sys.stdout.write(yaml.safe_dump_all(made, sort_keys=False))


if __name__ == "__main__":
    main(sys.argv[1:])
