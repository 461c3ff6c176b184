"""What is looked at in a deployment."""

import base64
import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tools.doctor import deployment
from tools.doctor.cluster import Cluster
from tools.up.advice import Advice
from tools.up.deployment import Row

NOW = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)


def pod(state=None, last=None, conditions=()):
    status = {"name": "dex", "image": "registry.site/dex:1", "state": state or {}, "lastState": last or {}}
    about = {"name": "dex-auth-0", "namespace": "edge"}
    return {"metadata": about, "status": {"containerStatuses": [status], "conditions": list(conditions)}}


@pytest.mark.parametrize(
    ("found", "subject", "text"),
    [
        (
            pod({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}),
            "image registry.site/dex:1",
            "cannot be pulled for edge/dex-auth-0: not found",
        ),
        (pod({"waiting": {"reason": "CrashLoopBackOff"}}), "pod edge/dex-auth-0", "CrashLoopBackOff"),
        (pod(last={"terminated": {"reason": "OOMKilled"}}), "pod edge/dex-auth-0", "more memory than it may"),
        (
            pod(conditions=[{"reason": "Unschedulable", "message": "0/1 nodes: Insufficient cpu"}]),
            "pod edge/dex-auth-0",
            "fits on no node: 0/1 nodes: Insufficient cpu",
        ),
    ],
)
def test_a_pod_that_does_not_start_is_told_with_its_reason(found, subject, text):
    (finding,) = deployment.pods([found])
    assert (finding.subject, text in finding.text) == (subject, True)
    assert finding.help[0].startswith("kubectl ")


def test_a_pod_that_runs_or_starts_is_not_told():
    assert list(deployment.pods([pod({"running": {}}), pod({"waiting": {"reason": "ContainerCreating"}})])) == []


def certificate(days):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    end = NOW + datetime.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - datetime.timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


@pytest.mark.parametrize(("days", "level"), [(60, "FINE"), (5, "NOTE"), (-1, "WRONG")])
def test_certificates_that_end_are_told_whoever_serves_them(days, level):
    hook = {"webhooks": [{"clientConfig": {"caBundle": certificate(days)}}]}
    ours = {**hook, "metadata": {"name": "hooks", "labels": {"kubeflow-charms/model": "edge"}}}
    other = {**hook, "metadata": {"name": "other"}}

    def output(*command):
        if "secrets" in command:
            return f"tls {certificate(days)}\nempty \n"
        return json.dumps({"items": [ours, other]}) if command[2].startswith("validating") else None

    found = list(deployment.certificates(Cluster(output), "edge", NOW))
    assert [(it.subject, it.level.name) for it in found] == [
        ("certificate of Secret tls", level),
        ("certificate of webhooks hooks", level),
    ]


def test_keys_of_certificates_are_never_asked_for():
    asked = []
    list(deployment.certificates(Cluster(lambda *command: asked.append(" ".join(command))), "edge", NOW))
    assert all("tls.key" not in command for command in asked)
    assert [command for command in asked if "secrets" in command and "jsonpath" not in command] == []


@pytest.mark.parametrize(("free", "level"), [(50, "FINE"), (15, "NOTE"), (5, "WRONG")])
def test_disks_and_volumes_that_fill_up_are_told(free, level):
    space = {"capacityBytes": 100 << 30, "availableBytes": free << 30}
    volumes = [{**space, "pvcRef": {"namespace": "edge", "name": "data"}}, {**space, "name": "scratch"}]
    summary = {"node": {"fs": space}, "pods": [{"volume": volumes}]}

    def output(*command):
        return json.dumps({"items": [{"metadata": {"name": "n"}}]} if "nodes" in command else summary)

    found = list(deployment.disks(Cluster(output)))
    assert [(it.subject, it.level.name) for it in found] == [("disk of node n", level), ("volume edge/data", level)]


def test_gpus_that_nobody_can_use_are_told():
    def node(usable):
        return {
            "metadata": {"name": "n"},
            "status": {"capacity": {"nvidia.com/gpu": "2", "cpu": "4"}, "allocatable": {"nvidia.com/gpu": usable}},
        }

    assert [it.level.name for it in deployment.gpus([node("0"), node("2")])] == ["WRONG", "FINE"]


@pytest.mark.parametrize(("phase", "levels"), [("Bound", []), ("Pending", ["NOTE"]), ("Lost", ["WRONG"])])
def test_volumes_that_are_not_there_are_told(phase, levels):
    claim = {"metadata": {"name": "data", "namespace": "edge"}, "status": {"phase": phase}}
    assert [it.level.name for it in deployment.volumes([claim])] == levels


@pytest.mark.parametrize(
    ("status", "failed", "level"),
    [("active", (), "FINE"), ("waiting", (), "NOTE"), ("blocked", (), "WRONG"), ("waiting", ("dex/0",), "WRONG")],
)
def test_statuses_are_told_with_what_helps(status, failed, level):
    row = Row("dex", "1/1", status, "needs trust, run: juju trust dex", settled=True, failed=failed)
    found = list(deployment.look(Cluster(lambda *_: None), [row], Advice("edge"), NOW))
    assert [(it.subject, it.level.name) for it in found] == [("application dex", level)]
    assert level == "FINE" or found[0].help[0] == "juju trust dex"


def test_pods_of_the_model_of_profiles_and_of_gpu_operators_are_looked_at_and_no_others():
    def there(name, **labels):
        return {"metadata": {"name": name, "labels": labels}}

    namespaces = [
        there("edge"),
        there("ada", **{"app.kubernetes.io/part-of": "kubeflow-profile"}),
        there("gpu-operator-resources"),
        there("shop"),
    ]
    broken = [
        {
            **pod({"waiting": {"reason": "CrashLoopBackOff"}}),
            "metadata": {"name": "p", "namespace": it["metadata"]["name"]},
        }
        for it in namespaces
    ]

    def output(*command):
        lists = {"namespaces": namespaces, "pods": broken}
        return json.dumps({"items": lists[command[2]]}) if command[2] in lists else None

    found = deployment.look(Cluster(output), [], Advice("edge"), NOW)
    assert [it.subject for it in found] == ["pod edge/p", "pod ada/p", "pod gpu-operator-resources/p"]
