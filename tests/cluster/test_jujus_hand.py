"""Every charm beside Juju's own code for Kubernetes: what each writes stays, and no pod is replaced for nothing.

The tests of a charm are in order: each takes the application as the one before left it.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml
from support import jujus_hand, objects, samples
from support.apiserver import ApiServer, Object
from support.eventually import eventually
from support.jujus_hand import Hand
from support.objects import Deployed, path
from support.related import ROOTS, Described

from testbed.juju_versions import DEFAULT, VERSIONS

CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


@dataclasses.dataclass
class Both:
    """An application that both write to.

    Attributes:
        deployed: the charm's.
        hand: Juju's.
    """

    deployed: Deployed
    hand: Hand

    def look(self) -> Object:
        """Return the StatefulSet."""
        return self.deployed.application.get(self.deployed.application.stateful_set)

    def speak(self, **changes: Any) -> tuple[Object, Object]:
        """Let Juju write what it wants, then the charm, then Juju and the charm again.

        Returns:
            The StatefulSet after Juju's first writing, and as it is then.
        """
        application = self.deployed.application
        self.hand.ensure(application, **changes)
        first = self.look()
        self.deployed.run()
        self.hand.ensure(application)
        self.deployed.run()
        assert self.deployed.settled, self.deployed.state.unit_status
        return first, self.look()


def pairs() -> Iterator[Any]:
    """Yield each charm with the Juju that users have, and with the others those that have storage."""
    for version in VERSIONS:
        for root in ROOTS:
            if version == DEFAULT or "storage" in yaml.safe_load((root / "charmcraft.yaml").read_text()):
                yield pytest.param((version, root), id=f"{root.name}:{version}")


@pytest.fixture(scope="module", params=pairs())
def both(
    request: pytest.FixtureRequest,
    apiserver: ApiServer,
    collected: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Both]:
    version, root = request.param
    charm = Described.load(root)
    with jujus_hand.at_work(version, charm, tmp_path_factory.mktemp("juju")) as hand:
        samples.define(collected, samples.kinds())
        for found in objects.running(apiserver, collected, charm, tmp_path_factory, hand.deploy):
            yield Both(found, hand)


def generation(item: Object) -> int:
    """Return how often an object's wishes were changed; of a StatefulSet, each time but for its size is new pods."""
    return item["metadata"]["generation"]


def ours(both: Both, item: Object) -> list[Object]:
    """Return which fields the charm owns of the StatefulSet."""
    prefix = f"{both.deployed.application.deployment.charm}."
    owned = [entry for entry in item["metadata"]["managedFields"] if entry["manager"].startswith(prefix)]
    assert {entry["manager"] for entry in owned} == {f"{prefix}pod", f"{prefix}record"}
    return [{key: entry[key] for key in ("manager", "fieldsV1")} for entry in owned]


def workloads(item: Object) -> list[Object]:
    return [found for found in item["spec"]["template"]["spec"]["containers"] if found["name"] != "charm"]


def test_on_a_pod_of_jujus_making_the_charm_is_active(both: Both):
    assert both.deployed.settled, both.deployed.state.unit_status
    # Made, scaled to one, and given by the charm what is the charm's: one roll.
    assert generation(both.look()) == 3


def test_what_is_written_again_changes_nothing(both: Both):
    before = both.look()
    assert both.speak() == (before, before)


def test_another_image_is_one_new_pod(both: Both):
    before = both.look()
    first, last = both.speak(Containers=both.hand.images("2"), CharmModifiedVersion=2)
    assert {item["image"].rpartition(":")[2] for item in workloads(first)} == {"2"}
    assert generation(first) == generation(before) + 1
    assert last == first
    assert ours(both, last) == ours(both, before)


def test_an_operators_constraint_is_one_new_pod_and_wins(both: Both):
    before = both.look()
    first, last = both.speak(Constraints={"mem": 4096})
    assert {item["resources"]["limits"]["memory"] for item in workloads(first)} == {"4Gi"}
    assert generation(first) == generation(before) + 1
    assert last["spec"] == first["spec"]


def test_a_constraint_that_is_taken_away_stays_in_the_workloads_as_juju_leaves_it_there(both: Both):
    before = both.look()
    first, last = both.speak(Constraints={})
    assert workloads(last) == workloads(first) == workloads(before)
    assert last["spec"] == first["spec"]


def test_a_newer_juju_is_one_new_pod(both: Both):
    before = both.look()
    first, last = both.speak(AgentVersion="9.9.9", AgentImagePath="example.com/jujud-operator:9.9.9")
    assert first["spec"]["template"]["spec"]["initContainers"][0]["image"].endswith(":9.9.9")
    assert generation(first) == generation(before) + 1
    assert last == first
    assert ours(both, last) == ours(both, before)


def test_a_controller_that_started_again_changes_no_pod(both: Both):
    before = both.look()
    assert both.speak(IntroductionSecret="another") == (before, before)


def test_without_trust_the_charm_says_so_and_with_it_goes_on_and_no_pod_changes(both: Both):
    before, application = both.look(), both.deployed.application
    both.hand.do(application, Trust=False)

    def blocked() -> bool:
        return "juju trust" in both.deployed.run().unit_status.message

    # The authorizer hears of new roles a moment later.
    eventually(blocked, 120)
    both.hand.do(application, Trust=True)
    eventually(lambda: both.deployed.run() and both.deployed.settled, 120)
    assert both.look()["spec"] == before["spec"]


def test_scaled_to_two_to_none_and_back_the_pod_is_the_same(both: Both):
    before, application = both.look(), both.deployed.application
    for units in (2, 1, 0):
        both.hand.do(application, Scale=units)
        assert both.look()["spec"] == {**before["spec"], "replicas": units}
    application.run(dataclasses.replace(both.deployed.state, planned_units=0), "stop")
    both.hand.ensure(application)
    both.hand.do(application, Scale=1)
    application.deployment.marker.unlink()
    application.deployment.become(both.look()["spec"]["template"])
    application.start_pod()
    both.deployed.state = application.settle(both.deployed.state)
    both.deployed.run("update_status")
    assert both.deployed.settled, both.deployed.state.unit_status
    assert both.look()["spec"] == before["spec"]


def test_what_juju_deletes_leaves_kinds_alone(both: Both):
    application, record = both.deployed.application, both.deployed.references
    kinds = [path(item) for item in record if item.kind == "CustomResourceDefinition"]
    anchor = f"{CLUSTER_ROLES}/{application.model}-{application.deployment.charm}-anchor"
    gone = [path(item) for item in both.deployed.own]
    both.hand.do(application, Scale=0)
    if both.hand.version != "3.6":
        # The anchor goes with the model there, and what hangs on it with the last unit.
        application.run(dataclasses.replace(both.deployed.state, planned_units=0), "stop")
        application.run(dataclasses.replace(both.deployed.state, planned_units=0), "remove")
    else:
        gone.append(anchor)
    both.hand.do(application, Delete=True)
    eventually(lambda: not [item for item in (application.stateful_set, *gone) if application.get(item)], 60)
    assert all(map(application.get, kinds))
