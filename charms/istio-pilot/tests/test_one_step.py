"""Istio goes one minor release at a time, and nothing that runs is dropped while it does not go on."""

import importlib

import pytest
from ops import testing

PLACE = "/apis/apps/v1/namespaces/edge/controllerrevisions"
IMAGE = "registry.site:5000/istio/pilot"


def ran(pilot, *releases):
    """Let the pods have been these, oldest first, and start a new one."""
    for number, release in enumerate(releases, start=1):
        template = {"spec": {"containers": [{"name": "charm"}, {"name": "istiod", "image": f"{IMAGE}:{release}"}]}}
        owners = [{"kind": "StatefulSet", "name": "istio-pilot"}]
        metadata = {"name": f"istio-pilot-{number}", "namespace": "edge", "ownerReferences": owners}
        item = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "revision": number}
        pilot.cluster.add(f"{PLACE}/istio-pilot-{number}", {**item, "data": {"spec": {"template": template}}})
    return pilot.settle(pilot.gateway())


def test_a_minor_release_that_is_left_out_is_refused_with_what_to_type(pilot):
    state = ran(pilot, "1.28.0", "1.30.3")
    assert state.unit_status == testing.BlockedStatus(
        f"run: juju attach-resource istio-pilot oci-image={IMAGE}:1.29.7; Istio 1.28 cannot become 1.30 at once"
    )
    assert state.get_container("istiod").plan.services == {}
    assert pilot.found("CustomResourceDefinition") == {}


def test_what_an_earlier_revision_made_stays_while_it_is_refused(pilot):
    before = ran(pilot, "1.28.0")
    there = dict(pilot.cluster.objects)
    (pilot.deployment.charm_folder / ".istio-images").unlink()
    after = ran(pilot, "1.28.0", "1.30.3")
    assert isinstance(after.unit_status, testing.BlockedStatus)
    kept = {path: item for path, item in pilot.cluster.objects.items() if path in there}
    assert kept.keys() == there.keys()
    assert pilot.sent(before, "istio-pilot")


def test_on_the_way_the_status_says_what_is_next(pilot):
    one_step = importlib.import_module("one_step")

    assert ran(pilot, "1.28.0", "1.30.3", "1.29.7").get_container("istiod").plan.services
    step = one_step.taken([f"{IMAGE}:1.28.0", f"{IMAGE}:1.29.7"])
    assert step.rest("istio-pilot", "1.30.3") == (
        f"Istio 1.29 on the way to 1.30.3, next run: juju attach-resource istio-pilot oci-image={IMAGE}:1.30.3"
    )
    assert step.rest("istio-pilot", "1.29.7") == ""
    assert one_step.taken([f"{IMAGE}:1.28.0"]).rest("istio-pilot", "1.30.3").endswith(f"{IMAGE}:1.29.7")


@pytest.mark.parametrize(
    ("releases", "sidecar"),
    [
        (("1.28.0", "1.30.4", "1.29.7"), "docker.io/istio/proxyv2:1.29.7"),
        (("1.28.0", "1.29.7-distroless@sha256:" + "0" * 64), "docker.io/istio/proxyv2:1.29.7-distroless"),
        (("1.29.7", "1.30.4"), "docker.io/istio/proxyv2:1.30.4"),
        (("1.30.4", "1.30.5"), "docker.io/istio/proxyv2:1.30.4"),
        (("sha256:" + "0" * 64,), "docker.io/istio/proxyv2:1.30.4"),
    ],
)
def test_a_sidecar_is_never_of_a_newer_minor_release_than_istiod(pilot, releases, sidecar):
    ran(pilot, *releases)
    assert pilot.sidecar == sidecar


def test_kubernetes_is_asked_once_in_a_pod(pilot):
    state = ran(pilot, "1.29.7", "1.30.3")
    pilot.cluster.calls.clear()
    pilot.deployment.run(pilot.deployment.context.on.config_changed(), state)
    assert [call for call in pilot.cluster.calls if "controllerrevisions" in call] == []


@pytest.mark.parametrize(
    ("releases", "far"),
    [
        ((), False),
        (("1.30.3",), False),
        (("1.28.0", "1.28.5"), False),
        (("1.28.0", "1.29.7", "1.30.3"), False),
        (("1.28.0", "1.29.7", "1.30.3", "1.30.4"), False),
        (("1.30.3", "1.28.0"), False),  # back, as it was before
        (("1.28.0", "1.30.3", "1.31.0"), True),  # what was refused never ran
        (("1.28.0", "1.30.3", "1.28.0", "1.30.3"), True),
        (("1.28.0", "latest", "1.30.3"), True),
        (("1.28.0-distroless", "v1.30.3@sha256:" + "0" * 64), True),
        (("sha256:" + "0" * 64, "1.30.3"), False),  # nobody knows what that was
    ],
)
def test_the_history_of_images_tells(pilot, releases, far):
    one_step = importlib.import_module("one_step")

    assert one_step.taken([f"{IMAGE}:{release}" for release in releases]).too_far is far
