"""What istiod makes by itself goes with the application, too."""

import dataclasses

import pytest

OURS = [
    ("default", "istio-ca-root-cert"),
    ("default", "istio-ca-crl"),
    ("edge", "istio-namespace-controller-election"),
    ("edge", "istio-ip-autoallocate"),
]


def add(pilot, namespace, name, root=""):
    """Put a ConfigMap there, as istiod or somebody else would."""
    metadata = {"name": name, "namespace": namespace, "labels": {"istio.io/config": "true"}}
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"root-cert.pem": root}}
    pilot.deployment.cluster.add(f"/api/v1/namespaces/{namespace}/configmaps/{name}", item)


def root_certificate(pilot):
    """Return the root certificate that istiod was given, and hands on."""
    return pilot.deployment.files["istiod"]["/etc/cacerts/root-cert.pem"].text


@pytest.fixture
def settled(pilot):
    state = pilot.settle(pilot.gatekeeper())
    for namespace, name in OURS:
        add(pilot, namespace, name, root_certificate(pilot))
    add(pilot, "default", "istio-of-a-user")
    return state


@pytest.mark.parametrize("leader", [True, False])
def test_no_namespace_keeps_what_istiod_made(pilot, settled, leader):
    state = dataclasses.replace(settled, planned_units=0, leader=leader)
    pilot.deployment.run(pilot.deployment.context.on.stop(), state)
    assert list(pilot.found("ConfigMap")) == ["istio-of-a-user"]


def test_istiod_is_stopped_first_or_it_would_make_them_again(pilot, settled):
    state = dataclasses.replace(settled, planned_units=0)
    after = pilot.deployment.run(pilot.deployment.context.on.stop(), state)
    assert not after.get_container("istiod").services["istiod"].is_running()


def test_an_istiod_that_is_gone_already_is_no_hindrance(pilot, settled):
    (container,) = settled.containers
    gone = dataclasses.replace(container, can_connect=False)
    state = dataclasses.replace(settled, planned_units=0, containers={gone})
    pilot.deployment.run(pilot.deployment.context.on.stop(), state)
    assert list(pilot.found("ConfigMap")) == ["istio-of-a-user"]


def test_a_unit_that_goes_while_others_stay_takes_nothing(pilot, settled):
    pilot.deployment.run(pilot.deployment.context.on.stop(), settled)
    assert {name for _, name in OURS} <= set(pilot.found("ConfigMap"))


def test_another_meshs_root_certificates_stay(pilot, settled):
    add(pilot, "kube-public", "istio-ca-root-cert", "of another mesh")
    pilot.deployment.run(pilot.deployment.context.on.stop(), dataclasses.replace(settled, planned_units=0))
    assert sorted(pilot.found("ConfigMap")) == ["istio-ca-root-cert", "istio-of-a-user"]
