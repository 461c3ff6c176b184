import pytest
from ops import testing

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def known(training, group: str) -> None:
    """Let the cluster know a scheduler's groups of pods."""
    name = f"podgroups.{group}"
    training.cluster.add(
        f"{CRDS}/{name}",
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}},
    )


def test_without_a_scheduler_pods_start_one_by_one(training):
    assert not [word for word in training.command(training.settle()) if "gang" in word]


@pytest.mark.parametrize(
    ("scheduler", "group"), [("volcano", "scheduling.volcano.sh"), ("cosched", "scheduling.x-k8s.io")]
)
def test_a_scheduler_that_is_there_is_used(training, scheduler, group):
    known(training, group)
    state = training.settle(config={"gang-scheduler": scheduler})
    assert f"--gang-scheduler-name={scheduler}" in training.command(state)
    assert state.unit_status == testing.ActiveStatus()


def test_a_scheduler_that_is_not_there_blocks_and_says_what_to_do(training):
    message = training.settle(config={"gang-scheduler": "volcano"}).unit_status.message
    assert "the cluster has no podgroups.scheduling.volcano.sh" in message
    assert "juju config training-operator --reset gang-scheduler" in message


def test_what_runs_goes_on_meanwhile(training):
    before = training.settle()
    after = training.reconfigure(before, gang_scheduler="volcano")
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert training.command(after) == training.command(before)
