import os

import pytest

LABEL = "katib.kubeflow.org/namespace"
VERSION = "admissionregistration.k8s.io/v1"


def newer(katib) -> None:
    """Let Kubernetes have policies that change objects."""
    item = {"apiVersion": VERSION, "kind": "MutatingAdmissionPolicy", "metadata": {"name": "other"}}
    katib.cluster.add(f"/apis/{VERSION}/mutatingadmissionpolicies/other", item)


def labels(katib, kind: str, name: str) -> dict[str, str]:
    return katib.cluster.find(kind, name)["metadata"].get("labels", {})


def test_kubernetes_labels_experiments_and_trials_with_their_namespace_where_it_can(katib):
    newer(katib)
    katib.settle()
    made = katib.cluster.find("MutatingAdmissionPolicy", "katib-own-trials-edge")
    assert made["apiVersion"] == VERSION
    assert LABEL in made["spec"]["mutations"][0]["jsonPatch"]["expression"]
    katib.cluster.find("MutatingAdmissionPolicyBinding", "katib-own-trials-edge")


def test_what_was_there_before_is_labelled_as_well_trials_first(katib):
    newer(katib)
    katib.there("Experiment", "tune")
    katib.there("Trial", "tune-1", "ben")
    katib.settle()
    assert labels(katib, "Experiment", "tune") == {LABEL: "ada"}
    assert labels(katib, "Trial", "tune-1") == {LABEL: "ben"}
    changed = [call.rpartition("/")[2] for call in katib.cluster.calls if call.startswith("PATCH /apis/kubeflow.org")]
    assert changed == ["tune-1", "tune"]


def test_an_experiment_that_katib_would_not_take_any_more_keeps_nothing_from_going_on(katib):
    newer(katib)
    katib.there("Experiment", "tune")

    def refuse(request):
        return (403, "denied the request: no template") if request.url.path.endswith("experiments/tune") else None

    katib.cluster.refuse = refuse
    assert katib.settle().unit_status.name == "active"
    assert labels(katib, "Experiment", "tune") == {}


@pytest.mark.parametrize("leader", [True, False])
def test_it_looks_once_an_hour_on_the_leader(katib, leader):
    newer(katib)
    state = katib.settle()
    katib.there("Experiment", "tune")
    state = katib.again(state)
    assert labels(katib, "Experiment", "tune") == {}
    os.utime(katib.deployment.charm_folder / ".own-trials", (0, 0))
    katib.again(katib.settle(leader=leader, secrets=state.secrets))
    assert bool(labels(katib, "Experiment", "tune")) == leader


def test_where_kubernetes_cannot_nothing_is_labelled(katib):
    katib.there("Experiment", "tune")
    katib.settle()
    assert labels(katib, "Experiment", "tune") == {}
