"""An object that a controller could not read, and that would hide those of all users from it, is not let in."""

import copy
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import samples
from support.apiserver import ApiServer, establish
from support.samples import Sample

SAMPLES = samples.accepted()
BEYOND_INT32 = 2**31
POD = {
    "affinity.nodeAffinity": "x",
    "containers.0.envFrom": [{"secretRef": "x"}],
    "containers.0.env": [{"name": "a", "valueFrom": {"secretKeyRef": "x"}}],
    "containers.0.lifecycle": {"preStop": {"exec": "x"}},
    "containers.0.livenessProbe": {"httpGet": {"port": BEYOND_INT32}},
    "containers.0.ports": [{"containerPort": BEYOND_INT32}],
    "containers.0.readinessProbe": {"initialDelaySeconds": BEYOND_INT32},
    "containers.0.resources": {"limits": {"cpu": "plenty"}},
    "containers.0.securityContext": {"runAsUser": 1.5},
    "containers.0.volumeMounts": [{"name": "a", "mountPath": "/a", "readOnly": "x"}],
    "priority": BEYOND_INT32,
    "securityContext": {"fsGroup": "x"},
    "terminationGracePeriodSeconds": 1e30,
    "tolerations": [{"tolerationSeconds": "x"}],
    "topologySpreadConstraints": "x",
    "volumes": [{"name": "a", "emptyDir": {"sizeLimit": "x"}}],
}
OUTPUTS = {"parameters": "not a list", "artifacts": [{"mode": "x"}]}
WRONG: dict[str, dict[str, Any]] = {
    "MPIJob": {f"spec.mpiReplicaSpecs.Launcher.template.spec.{path}": value for path, value in POD.items()}
    | {"spec.mpiReplicaSpecs.Launcher.template.metadata.creationTimestamp": "2026-11-30t00:00:00z"},
    "Notebook": {f"spec.template.spec.{path}": value for path, value in POD.items()},
    "PVCViewer": {f"spec.podSpec.{path}": value for path, value in POD.items()},
    "Viewer": {f"spec.podTemplateSpec.spec.{path}": value for path, value in POD.items()},
    "PodDefault": {
        "spec.env": POD["containers.0.env"],
        "spec.envFrom": POD["containers.0.envFrom"],
        "spec.volumes": POD["volumes"],
        "spec.sidecars": [{"name": "a", "ports": "x"}],
    },
    "PyTorchJob": {"spec.elasticPolicy": {"metrics": [{"type": "Resource", "resource": {"target": "x"}}]}},
    "Trial": {
        "spec.runSpec": {"a": "b"},
        "spec.metricsCollector": {"collector": {"customCollector": {"name": "a", "ports": "x"}}},
    },
    "Experiment": {
        "spec.trialTemplate.trialSpec": {"a": "b"},
        "spec.metricsCollectorSpec": {"source": {"httpGet": {"port": {}}}},
    },
    "ScheduledWorkflow": {
        "spec.trigger": {"cronSchedule": {"startTime": "tomorrow"}},
        "spec.workflow": {"parameters": "x"},
        "status.trigger": {"lastTriggeredTime": "tomorrow"},
        "status.workflowHistory": {"active": [{"createdAt": 1}]},
    },
    "WorkflowTaskResult": {f"outputs.{name}": value for name, value in OUTPUTS.items()},
    "WorkflowTaskSet": {
        **{f"spec.tasks.a.outputs.{name}": value for name, value in OUTPUTS.items()},
        "spec.tasks.a.plugin": {"one": {}, "two": {}},
        "spec.tasks.a.http": {"bodyFrom": {"bytes": "not base64"}},
    },
    "WorkflowArtifactGCTask": {"spec.artifactsByNode": {"a": {"archiveLocation": {"git": {"depth": -1}}}}},
}
WRITTEN = [(kind, path, value) for kind, parts in WRONG.items() for path, value in parts.items()]


@pytest.fixture(scope="module")
def http(apiserver: ApiServer) -> Iterator[httpx2.Client]:
    with apiserver.client() as client:
        samples.define(client, [kind for kind in samples.kinds() if kind.name in WRONG])
        yield client


def sample(kind: str) -> Sample:
    return next(sample for sample in SAMPLES if sample.kind.name == kind)


def changed(document: Any, path: str, value: Any) -> dict[str, Any]:
    """Return an object with another value at a path, whose numbers are places in lists."""
    found = document = copy.deepcopy(document)
    *steps, last = path.split(".")
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found.setdefault(step, {})
    found[last] = value
    return document


@pytest.mark.parametrize(("kind", "path", "value"), WRITTEN, ids=[f"{kind}-{path}" for kind, path, _ in WRITTEN])
def test_a_part_of_a_wrong_type_is_refused_in_every_version(http: httpx2.Client, kind: str, path: str, value: Any):
    right = sample(kind)
    wrong = Sample(right.kind, changed(right.document, path, value))
    for version in right.kind.versions:
        answer = wrong.send(http, version)
        assert answer.status_code == 422, answer.text
        assert answer.json()["details"]["causes"][0]["field"].startswith(path.split(".0")[0])


@pytest.mark.parametrize(
    ("plural", "status"),
    [
        ("notebooks", {"readyReplicas": BEYOND_INT32}),
        ("notebooks", {"containerState": {"running": {"startedAt": "x"}}}),
        ("workflowtasksets", {"nodes": {"a": {"outputs": OUTPUTS}}}),
        ("workflowartifactgctasks", {"artifactResultsByNode": {"a": {"artifactResults": "x"}}}),
    ],
)
def test_neither_is_a_status_that_editors_of_a_profile_may_write(http: httpx2.Client, plural: str, status: Any):
    made = next(sample for sample in SAMPLES if sample.kind.plural == plural)
    made.send(http, keep=True).raise_for_status()
    path = f"{made.kind.collection(made.version)}/{made.name}"
    try:
        merge = {"Content-Type": "application/merge-patch+json"}
        assert http.patch(f"{path}/status", json={"status": status}, headers=merge).status_code == 422
    finally:
        http.delete(path).raise_for_status()


def test_what_programs_write_that_marshal_kubernetes_types_is_accepted_and_newer_fields_are_kept(http: httpx2.Client):
    path = "spec.mpiReplicaSpecs.Launcher.template"
    template = {
        "metadata": {"creationTimestamp": None},
        "spec": {
            "containers": [{"name": "launcher", "image": "mpi", "resources": {}, "env": None}],
            "nextYears": {"a": 1},
        },
    }
    job = sample("MPIJob")
    answer = Sample(job.kind, changed(job.document, path, template)).send(http)
    assert answer.is_success, answer.text
    made = answer.json()["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]
    assert made["nextYears"] == {"a": 1}
    assert made["containers"] == [{"name": "launcher", "image": "mpi", "resources": {}}]


def test_what_was_there_before_with_a_wrong_type_may_still_be_changed_elsewhere(http: httpx2.Client):
    kind = sample("WorkflowTaskResult").kind
    right = {**kind.definition, "metadata": {**kind.definition["metadata"], "name": "olds.tests.example"}}
    right = {**right, "spec": {**right["spec"], "group": "tests.example"}}
    right["spec"]["names"] = {"kind": "Old", "listKind": "OldList", "plural": "olds", "singular": "old"}
    free = copy.deepcopy(right)
    for version in free["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"] = samples.ANYTHING
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    establish(http, [free])
    objects = "/apis/tests.example/v1alpha1/namespaces/default/olds"
    document = {"apiVersion": "tests.example/v1alpha1", "kind": "Old", "metadata": {"name": "old"}, "outputs": OUTPUTS}
    http.post(objects, json=document).raise_for_status()
    try:
        establish(http, [right])
        merge = {"Content-Type": "application/merge-patch+json"}
        label = {"metadata": {"labels": {"a": "b"}}}
        answer = http.patch(f"{objects}/old", json=label, headers=merge)
        assert answer.is_success, answer.text
        assert http.delete(f"{objects}/old").is_success
    finally:
        http.delete(f"{crds}/olds.tests.example").raise_for_status()
