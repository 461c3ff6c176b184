"""Argo workflows run in a user's namespace, with the rights that the charms give her and no others."""

import json
import pathlib
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.sandbox.confinement import NAMESPACES
from support.eventually import eventually
from support.kubeflow import Kubeflow
from support.kubernetes import kubectl, look_up
from support.workspace import ACCOUNT, IMAGE, Workspace, workspace

Object = dict[str, Any]
CONFIGURATION = "argo-controller-configuration"
PATCH = pathlib.Path(__file__).parents[2] / "charms/pipelines/src/workflow_patch.py"
"""What pipelines' API adds to each workflow; here it stands in for the API, and Argo is real."""
SAID: Object = {"parameters": [{"name": "said", "valueFrom": {"path": "/tmp/said"}}]}


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-flows", NAMESPACES["profiles"]) as made:
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


def test_a_step_whose_pod_refuses_root_runs_and_says_how_it_failed(ada: Workspace):
    # As drivers do: the API of Pipelines has their pods refuse root, and their image names its user.
    confined = {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}
    user = {"script": {"securityContext": {"runAsUser": 65532}}}
    ada.apply(workflow("fail", step("fail", "raise SystemExit(3)", **user), **confined))
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


API: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "api", "labels": {"app": "api"}},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "api",
                "image": IMAGE,
                "command": ["sh", "-c", "sleep 15; exec python -u -m http.server -d /tmp 8887"],
                "readinessProbe": {"tcpSocket": {"port": 8887}, "periodSeconds": 1},
            }
        ],
    },
}
"""A server that takes its time to start, as pipelines' pod does, which is the whole deployment's and not for a test."""
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "api"},
    "spec": {"selector": {"app": "api"}, "ports": [{"port": 8887}]},
}
ASKS = """
import sys, time, urllib.request
def ask(when):
    try:
        urllib.request.urlopen(f"http://api:8887/?{when}-NAME", timeout=5).close()
    except OSError as error:
        said = f"rpc error: code = Unavailable desc = connection error: {error}"
        sys.exit(f"F1129 12:01:02.345678      17 main.go:59] failed to execute component: {said}")
ask("start")
time.sleep(SECONDS)
ask("end")
"""
"""A step that asks when it starts and when it ends, as drivers and launchers do, and ends in their words."""
OWN = """
import sys
print("rpc error: code = Unavailable: what the step itself asked for", flush=True)
sys.exit("F1129 12:01:02.345678      17 main.go:59] failed to execute component: exit status 1")
"""


def test_steps_outlive_an_api_whose_pod_is_replaced_and_those_that_fail_of_themselves_do_not(ada: Workspace):
    patch = json.loads(runpy.run_path(str(PATCH))["patch"]("any", {}))

    def run(name: str, source: str) -> None:
        ada.apply(workflow(f"api-{name}", sequence("asks"), step("asks", source), **patch))

    def asks(name: str, seconds: int) -> None:
        run(name, ASKS.replace("NAME", name).replace("SECONDS", str(seconds)))

    def asked(what: str) -> bool:
        return what in ada.log("api", "api")

    kubectl(
        "apply",
        "-n",
        ada.name,
        "-f",
        "-",
        given=json.dumps({"apiVersion": "v1", "kind": "List", "items": [API, SERVICE]}),
    )
    kubectl("wait", "-n", ada.name, "pod/api", "--for=condition=Ready", "--timeout=120s")
    run("not", OWN)
    asks("goes-on", 40)
    asks("ends", 10)
    eventually(lambda: asked("start-goes-on"))
    eventually(lambda: asked("start-ends"))
    kubectl("delete", "-n", ada.name, "pod/api")
    asks("starts", 0)
    kubectl("apply", "-n", ada.name, "-f", "-", given=json.dumps(API))
    for name, failed in (("starts", True), ("goes-on", False), ("ends", True)):
        status = eventually(lambda name=name: ended(ada, f"api-{name}"))
        assert status["phase"] == "Succeeded", f"{name}: {status.get('message')}"
        first = node(status, "asks(0)")
        assert (first["phase"] == "Failed", "code = Unavailable" in first.get("message", "")) == (failed, failed)
    status = eventually(lambda: ended(ada, "api-not"))
    assert status["phase"] == "Failed"
    assert "asks(1)" not in [item["displayName"] for item in status["nodes"].values()]
    assert "exit status 1" in node(status, "asks")["message"], "the strategy's words took the place of the step's"
