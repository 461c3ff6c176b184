import dataclasses

import pytest

KINDS = ("Experiment", "Suggestion", "Trial")


def remove(katib, state) -> None:
    """Take the last unit away."""
    katib.cluster.calls.clear()
    katib.deployment.run(katib.deployment.context.on.stop(), dataclasses.replace(state, planned_units=0))


def deleted(katib) -> list[str]:
    """Return what was deleted, in order."""
    return [call.removeprefix("DELETE ") for call in katib.cluster.calls if call.startswith("DELETE ")]


def test_webhooks_go_before_all_else_and_definitions_and_experiments_stay(katib):
    state = katib.settle()
    for kind in KINDS:
        katib.there(kind, "tune")
    remove(katib, state)
    kinds = [path.split("/")[-2] for path in deleted(katib)]
    assert set(kinds[:2]) == {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}
    assert not {"customresourcedefinitions", "experiments", "suggestions", "trials"} & set(kinds)


@pytest.mark.parametrize("kind", KINDS)
def test_with_purge_experiments_go_while_their_controller_can_let_go_of_them(katib, kind):
    state = katib.settle(config={"purge": True})
    katib.there(kind, "tune")
    remove(katib, state)
    assert deleted(katib)[0] == f"/apis/kubeflow.org/v1beta1/namespaces/ada/{kind.lower()}s/tune"


@pytest.mark.parametrize("kind", KINDS)
def test_experiments_that_stay_can_be_deleted_without_katib(katib, kind):
    state = katib.settle()
    katib.there(kind, "tune")
    path = f"/apis/kubeflow.org/v1beta1/namespaces/ada/{kind.lower()}s/tune"
    katib.cluster.objects[path]["metadata"]["finalizers"] = ["clean-metrics-in-db"]
    remove(katib, state)
    assert not katib.cluster.objects[path]["metadata"].get("finalizers")
