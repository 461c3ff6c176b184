"""Run what the Pipelines SDK compiles without Kubeflow Pipelines, as a workflow of Argo.

Everything of a step is the SDK's: image, command, program, and what it does with its inputs and outputs. What the
driver and the launcher of Pipelines do is done here: they write down for each step where its inputs are, and where its
outputs go. Files of steps are on a volume instead of an object store.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

PREFIX = "minio://pipeline"
"""The SDK looks for what has this address in the folder `/minio/pipeline`."""
VOLUME = "volume"


def workflow(
    pipeline: Object,
    arguments: Mapping[str, Any],
    *,
    name: str,
    account: str,
    data: str,
    packages: pathlib.Path,
) -> Object:
    """Return a workflow that runs the steps of a pipeline in their order, with a volume for the time it takes.

    Args:
        pipeline: the first document that the SDK wrote. What makes and removes volumes is left out.
        arguments: of the pipeline, beyond its defaults.
        name: of the workflow.
        account: what the steps run as.
        data: where they expect the volume.
        packages: a folder of the node with the Python packages that they need.
    """
    tasks = {key: task for key, task in pipeline["root"]["dag"]["tasks"].items() if not key.endswith("pvc")}
    defaults = pipeline["root"]["inputDefinitions"]["parameters"]
    values = {key: given.get("defaultValue") for key, given in defaults.items()} | dict(arguments)
    steps = [
        {"name": key, "template": key, "dependencies": [other for other in task["dependentTasks"] if other in tasks]}
        for key, task in tasks.items()
    ]
    claim = {
        "metadata": {"name": VOLUME},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}},
    }
    templates = [_template(pipeline, key, task, values, data) for key, task in tasks.items()]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {
            "entrypoint": "main",
            "serviceAccountName": account,
            "volumeClaimTemplates": [claim],
            "volumes": [{"name": "packages", "hostPath": {"path": str(packages), "type": "Directory"}}],
            "templates": [{"name": "main", "dag": {"tasks": steps}}, *templates],
        },
    }


def _template(pipeline: Object, key: str, task: Object, values: Mapping[str, Any], data: str) -> Object:
    component = pipeline["components"][task["componentRef"]["name"]]
    container = pipeline["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
    given = json.dumps(_executor_input(key, task, component, values))
    return {
        "name": key,
        "container": {
            "image": container["image"],
            "imagePullPolicy": "IfNotPresent",
            "command": container["command"],
            "args": [argument.replace("{{$}}", given) for argument in container["args"]],
            "env": [{"name": "PYTHONPATH", "value": "/packages"}, {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}],
            "volumeMounts": [
                {"name": VOLUME, "mountPath": data, "subPath": "data"},
                {"name": VOLUME, "mountPath": "/minio", "subPath": "artefacts"},
                {"name": "packages", "mountPath": "/packages", "readOnly": True},
            ],
        },
    }


def _executor_input(key: str, task: Object, component: Object, values: Mapping[str, Any]) -> Object:
    """Return what the launcher tells a step."""
    inputs: Object = task.get("inputs", {})
    parameters = {name: _value(source, values) for name, source in inputs.get("parameters", {}).items()}
    artefacts = {
        name: _artefact(
            source["taskOutputArtifact"]["producerTask"],
            source["taskOutputArtifact"]["outputArtifactKey"],
            component["inputDefinitions"]["artifacts"][name]["artifactType"],
        )
        for name, source in inputs.get("artifacts", {}).items()
    }
    outputs: Object = component.get("outputDefinitions", {})
    left = {name: _artefact(key, name, each["artifactType"]) for name, each in outputs.get("artifacts", {}).items()}
    said = {name: {"outputFile": f"/tmp/outputs/{name}"} for name in outputs.get("parameters", {})}
    return {
        "inputs": {"parameterValues": parameters, "artifacts": artefacts},
        "outputs": {"outputFile": "/tmp/outputs/all.json", "artifacts": left, "parameters": said},
    }


def _value(source: Object, values: Mapping[str, Any]) -> Any:
    constant = source.get("runtimeValue")
    value = constant["constant"] if constant else values[source["componentInputParameter"]]
    # The compiled pipeline has 1.0 for 1, and the driver turns it back.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _artefact(task: str, name: str, kind: Object) -> Object:
    found = {"name": name, "type": kind, "uri": f"{PREFIX}/{task}/{name}", "metadata": {}}
    return {"artifacts": [found]}
