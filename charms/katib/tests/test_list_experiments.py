import pytest
import yaml
from ops import testing

SPEC = {"algorithm": {"algorithmName": "cmaes"}, "objective": {"objectiveMetricName": "accuracy"}}
STATUS = {
    "conditions": [
        {"type": "Created", "status": "True"},
        {"type": "Running", "status": "False"},
        {"type": "Succeeded", "status": "True"},
    ],
    "trials": 12,
    "trialsSucceeded": 11,
    "trialsFailed": 1,
    "currentOptimalTrial": {
        "bestTrialName": "tune-abc",
        "parameterAssignments": [{"name": "lr", "value": "0.02"}],
        "observation": {
            "metrics": [
                {"name": "loss", "min": "0.1", "max": "0.9", "latest": "0.1"},
                {"name": "accuracy", "min": "0.5", "max": "0.97", "latest": "0.97"},
            ]
        },
    },
}


def listed(katib, **parameters: str) -> list[dict]:
    return yaml.safe_load(katib.act("list-experiments", None, **parameters)["experiments"])


def test_an_experiment_is_shown_with_its_best_trial(katib):
    katib.there("Experiment", "tune", spec=SPEC, status=STATUS)
    assert listed(katib) == [
        {
            "namespace": "ada",
            "name": "tune",
            "algorithm": "cmaes",
            "state": "Succeeded",
            "trials": {"all": 12, "succeeded": 11, "failed": 1, "running": 0},
            "best-trial": "tune-abc",
            "metric": {"accuracy": "0.97"},
            "parameters": {"lr": "0.02"},
        }
    ]


def test_one_that_nobody_looked_at_yet_is_shown_too(katib):
    katib.there("Experiment", "new", spec={})
    (row,) = listed(katib)
    assert (row["state"], row["best-trial"], row["metric"]) == ("Unknown", "", {})


def test_the_summary_says_how_many_run(katib):
    running = {"conditions": [{"type": "Created", "status": "True"}, {"type": "Running", "status": "True"}]}
    katib.there("Experiment", "one", spec=SPEC, status=STATUS)
    katib.there("Experiment", "two", namespace="ben", spec=SPEC, status=running)
    assert katib.act("list-experiments")["summary"] == "2 experiments in 2 namespaces, 1 running"


def test_without_experiments_it_says_so(katib):
    assert katib.act("list-experiments") == {"summary": "no experiments", "experiments": "[]\n"}


def test_one_namespace_may_be_asked_for(katib):
    katib.there("Experiment", "tune", spec=SPEC, status=STATUS)
    assert [row["name"] for row in listed(katib, namespace="ada")] == ["tune"]
    assert listed(katib, namespace="ben") == []


def test_without_trust_it_says_what_to_type(katib):
    katib.cluster.refuse = lambda request: (403, 'User "x" cannot list resource "experiments"')
    with pytest.raises(testing.ActionFailed, match="juju trust katib"):
        katib.act("list-experiments")
