"""Argo workflows run in a user's namespace, with the rights that the charms give her and no others."""

import json
import pathlib
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from support.eventually import eventually
from support.kubeflow import Kubeflow
from support.kubernetes import look_up
from support.workspace import ACCOUNT, IMAGE, Workspace, workspace

Object = dict[str, Any]
CONFIGURATION = "argo-controller-configuration"
PATCH = pathlib.Path(__file__).parents[2] / "charms/pipelines/src/workflow_patch.py"
"""What pipelines' API adds to each workflow; here it stands in for the API, and Argo is real."""
SAID: Object = {"parameters": [{"name": "said", "valueFrom": {"path": "/tmp/said"}}]}


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-flows") as made:
        made.copy_login(str(kubeflow.juju.model))
        yield made


@pytest.fixture(scope="module")
def s3(kubeflow: Kubeflow) -> Object:
    """Where steps leave their files, as the controller is told."""
    data = look_up("configmap", CONFIGURATION, "-n", str(kubeflow.juju.model))["data"]
    return json.loads(data["artifactRepository"])["s3"]


def step(name: str, source: str, **more: Any) -> Object:
    """Return a template that runs a Python program."""
    script = {"image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["python"], "source": source}
    return {"name": name, "script": {**script, **more.pop("script", {})}, **more}


def workflow(name: str, *templates: Object, **more: Any) -> Object:
    """Return a workflow that runs its first template."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {
            "entrypoint": templates[0]["name"],
            "serviceAccountName": ACCOUNT,
            "templates": list(templates),
            **more,
        },
    }


def sequence(*names: str, **hand_over: tuple[str, str]) -> Object:
    """Return a template that runs others one after the other.

    Args:
        names: of the others.
        hand_over: by step, the artefact that it gets, and the step that leaves it.
    """
    steps: list[list[Object]] = []
    for name in names:
        found: Object = {"name": name, "template": name}
        if name in hand_over:
            artefact, source = hand_over[name]
            origin = f"{{{{steps.{source}.outputs.artifacts.{artefact}}}}}"
            found["arguments"] = {"artifacts": [{"name": artefact, "from": origin}]}
        steps.append([found])
    return {"name": "main", "steps": steps}


def artefact(name: str) -> Object:
    return {"artifacts": [{"name": name, "path": f"/tmp/{name}"}]}


def ended(ada: Workspace, name: str) -> Object:
    """Return a workflow's status, once it has ended.

    Raises:
        AssertionError: it goes on.
    """
    status: Object = ada.get("workflow", name).get("status") or {}
    assert status.get("phase") in ("Succeeded", "Failed", "Error"), (
        f"{name}: {status.get('phase')} {status.get('message')}"
    )
    return status


def node(status: Object, shown: str) -> Object:
    """Return what a workflow's status says of one step."""
    return next(item for item in status["nodes"].values() if item["displayName"] == shown)


def said(status: Object, shown: str) -> str:
    """Return what a step left in the parameter `said`."""
    (parameter,) = node(status, shown)["outputs"]["parameters"]
    return parameter["value"]


def keys(status: Object, shown: str) -> dict[str, str]:
    """Return where in the bucket a step left its files, by name."""
    return {item["name"]: item["s3"]["key"] for item in node(status, shown)["outputs"]["artifacts"]}


def test_two_steps_share_a_volume_and_hand_on_a_file(ada: Workspace, s3: Object):
    mounted = {"volumeMounts": [{"name": "work", "mountPath": "/volume"}]}
    claim = {
        "metadata": {"name": "work"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}},
    }
    make = "open('/tmp/text', 'w').write('from the store'); open('/volume/text', 'w').write('from the volume')"
    read = "open('/tmp/said', 'w').write(open('/tmp/text').read() + ' and ' + open('/volume/text').read())"
    ada.apply(
        workflow(
            "hand-over",
            sequence("make", "read", read=("text", "make")),
            step("make", make, script=mounted, outputs=artefact("text")),
            step("read", read, script=mounted, inputs=artefact("text"), outputs=SAID),
            volumeClaimTemplates=[claim],
        )
    )
    status = eventually(lambda: ended(ada, "hand-over"))
    assert (status["phase"], status.get("message")) == ("Succeeded", None)
    assert said(status, "read") == "from the store and from the volume"
    left = keys(status, "make")
    assert set(left) == {"text", "main-logs"}
    assert all(key.startswith("private-artifacts/ada-flows/hand-over/") for key in left.values())
    assert {ada.stored(s3, key) for key in left.values()} == {200}
    assert ada.stored(s3, f"{left['text']}-of-nobody") == 404


def test_a_workflow_that_fails_says_so(ada: Workspace):
    ada.apply(workflow("fail", step("fail", "raise SystemExit(3)")))
    status = eventually(lambda: ended(ada, "fail"))
    assert status["phase"] == "Failed"
    assert "exit code 3" in status["message"]


def test_a_step_that_is_tried_again_keeps_its_files(ada: Workspace):
    twice = """
text = open('/tmp/text').read()
open('/tmp/result', 'w').write(text + ' at attempt {{retries}}')
raise SystemExit({{retries}} == 0)
"""
    again = {"inputs": artefact("text"), "outputs": artefact("result"), "retryStrategy": {"limit": 1}}
    ada.apply(
        workflow(
            "again",
            sequence("make", "twice", "read", twice=("text", "make"), read=("result", "twice")),
            step("make", "open('/tmp/text', 'w').write('kept')", outputs=artefact("text")),
            step("twice", twice, **again),
            step(
                "read",
                "import shutil; shutil.copy('/tmp/result', '/tmp/said')",
                inputs=artefact("result"),
                outputs=SAID,
            ),
        )
    )
    status = eventually(lambda: ended(ada, "again"))
    assert status["phase"] == "Succeeded"
    assert node(status, "twice(0)")["phase"] == "Failed"
    assert said(status, "read") == "kept at attempt 1"


def test_what_the_controller_does_not_understand_is_shown_and_harms_no_other(ada: Workspace):
    odd = workflow("odd", step("main", ""))
    odd["spec"]["templates"][0]["script"]["command"] = "python"
    ada.apply(odd, workflow("sound", step("main", "print('well')")))
    assert eventually(lambda: ended(ada, "sound"))["phase"] == "Succeeded"
    status = eventually(lambda: ended(ada, "odd"))
    assert (status["phase"], bool(status["message"])) == ("Failed", True)


AWAY = """
import socket, sys
line = "F1129 12:01:02.345678      17 main.go:59] failed to execute component: %s"
said = {
    "driver": line % "failed to list tasks: rpc error: code = Unavailable desc = name resolver error",
    "launcher": line % "failed to create task: rpc error: code = Unavailable desc = connection error",
    "own": line % "exit status 1",
}["KIND"]
print("the step's own output", flush=True)
try:
    socket.getaddrinfo("late", 80)
except OSError:
    print(said, file=sys.stderr, flush=True)
    sys.exit(1)
"""
"""A step as it ends that misses a Service, in the words of upstream's programs, which are not to be had here."""


def test_steps_that_missed_the_api_are_tried_again_and_those_that_failed_of_themselves_are_not(ada: Workspace):
    patch = json.loads(runpy.run_path(str(PATCH))["patch"]({}))
    for kind in ("driver", "launcher", "own"):
        ada.apply(workflow(f"away-{kind}", sequence("asks"), step("asks", AWAY.replace("KIND", kind)), **patch))
    own = eventually(lambda: ended(ada, "away-own"))
    assert own["phase"] == "Failed"
    assert "asks(1)" not in [item["displayName"] for item in own["nodes"].values()]
    assert "exit status 1" in node(own, "asks")["message"], "the strategy's words took the place of the step's"
    ada.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "late"}, "spec": {"ports": [{"port": 80}]}})
    for kind in ("driver", "launcher"):
        status = eventually(lambda kind=kind: ended(ada, f"away-{kind}"))
        assert status["phase"] == "Succeeded", status.get("message")
        assert node(status, "asks(0)")["phase"] == "Failed"
        assert "code = Unavailable" in node(status, "asks(0)")["message"]
