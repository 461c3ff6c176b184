import dataclasses

import pytest

KINDS = (("InferenceService", "v1beta1"), ("InferenceGraph", "v1alpha1"), ("TrainedModel", "v1alpha1"))


def remove(serving, state):
    """Take the last unit away, and return what is left of it."""
    serving.cluster.calls.clear()
    return serving.deployment.run(serving.deployment.context.on.stop(), dataclasses.replace(state, planned_units=0))


def deleted(serving) -> list[str]:
    """Return what was deleted, in order."""
    return [call.removeprefix("DELETE ") for call in serving.cluster.calls if call.startswith("DELETE ")]


@pytest.mark.parametrize(("kind", "version"), KINDS)
def test_models_stay_and_nothing_holds_them_any_more(serving, kind, version):
    state = serving.settle()
    path = serving.there(kind, "iris", version=version)
    after = remove(serving, state)
    assert not serving.cluster.objects[path]["metadata"].get("finalizers")
    (program,) = after.get_container("kserve-controller").service_statuses.values()
    assert program.value != "active"


def test_webhooks_go_first_and_definitions_stay(serving):
    state = serving.settle()
    remove(serving, state)
    kinds = [path.split("/")[-2] for path in deleted(serving)]
    assert set(kinds[:2]) == {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}
    assert not {"customresourcedefinitions", "inferenceservices"} & set(kinds)


@pytest.mark.parametrize(("kind", "version"), KINDS)
def test_with_purge_models_go_while_kserve_can_clean_up_after_them(serving, kind, version):
    state = serving.settle(config={"purge": True})
    path = serving.there(kind, "iris", version=version)
    remove(serving, state)
    assert deleted(serving)[0] == path
