import datetime
import os

import pytest

EXPERIMENTS = "/apis/kubeflow.org/v1beta1/namespaces/ada/experiments"


def ended(katib, name: str, hours: float) -> None:
    """Put an experiment there that ended some hours ago."""
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
    katib.there("Experiment", name, status={"completionTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})


def left(katib) -> set[str]:
    """Return the names of the experiments that are there."""
    return {path.rpartition("/")[2] for path in katib.cluster.objects if path.startswith(EXPERIMENTS)}


def test_experiments_that_ended_long_ago_go_and_all_others_stay(katib):
    ended(katib, "old", 30)
    ended(katib, "new", 10)
    katib.there("Experiment", "running", status={"completionTime": None})
    katib.there("Experiment", "untouched")
    katib.configured(experiment_ttl="1d")
    assert left(katib) == {"new", "running", "untouched"}


@pytest.mark.parametrize("changes", [{"config": {}}, {"config": {"experiment-ttl": "1h"}, "leader": False}])
def test_without_the_option_and_on_other_units_than_the_leader_nothing_goes(katib, changes):
    secrets = katib.settle().secrets
    ended(katib, "old", 30)
    katib.settle(**changes, secrets=secrets)
    assert left(katib) == {"old"}


def test_it_looks_once_an_hour(katib):
    state = katib.configured(experiment_ttl="1h")
    ended(katib, "old", 30)
    state = katib.again(state)
    assert left(katib) == {"old"}
    memory = katib.deployment.charm_folder / ".clean-up"
    os.utime(memory, (0, 0))
    katib.again(state)
    assert left(katib) == set()
