import dataclasses

import pytest

KINDS = (
    ("Service", "serving", "v1"),
    ("Route", "serving", "v1"),
    ("Ingress", "networking.internal", "v1alpha1"),
    ("DomainMapping", "serving", "v1beta1"),
)


def remove(knative, state):
    """Take the last unit away, and return what is left of it."""
    knative.cluster.calls.clear()
    return knative.deployment.run(knative.deployment.context.on.stop(), dataclasses.replace(state, planned_units=0))


def deleted(knative) -> list[str]:
    """Return what was deleted, in order."""
    return [call.removeprefix("DELETE ") for call in knative.cluster.calls if call.startswith("DELETE ")]


@pytest.mark.parametrize(("kind", "group", "version"), KINDS)
def test_what_users_have_stays_and_nothing_holds_it_any_more(knative, kind, group, version):
    state = knative.settle()
    path = knative.there(kind, "hello", group, version)
    after = remove(knative, state)
    assert not knative.cluster.objects[path]["metadata"].get("finalizers")
    for container in ("knative-controller", "net-istio-controller"):
        (program,) = after.get_container(container).service_statuses.values()
        assert program.value != "active"


def test_webhooks_go_first_and_definitions_stay(knative):
    state = knative.settle()
    remove(knative, state)
    kinds = [path.split("/")[-2] for path in deleted(knative)]
    assert set(kinds[:2]) == {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}
    assert "customresourcedefinitions" not in kinds


def test_what_programs_made_by_themselves_goes_too(knative):
    state = knative.settle()
    path = "/api/v1/namespaces/edge/services/autoscaler-bucket-00-of-01"
    metadata = {"name": "autoscaler-bucket-00-of-01", "namespace": "edge"}
    knative.cluster.add(path, {"apiVersion": "v1", "kind": "Service", "metadata": metadata})
    remove(knative, state)
    assert path not in knative.cluster.objects


@pytest.mark.parametrize(("kind", "group", "version"), [KINDS[0], KINDS[1], KINDS[3]])
def test_with_purge_what_users_have_goes_while_knative_can_clean_up_after_it(knative, kind, group, version):
    state = knative.settle(config={"purge": True})
    path = knative.there(kind, "hello", group, version)
    remove(knative, state)
    assert deleted(knative)[0] == path
