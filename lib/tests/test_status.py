"""What an operator reads: all that is missing, the worst first."""

from collections.abc import Iterator
from typing import Any

import msgspec
import ops
import pytest
from kubeflow_charms import Blocked, Interface, Problem, Provides, Requires, Waiting
from kubeflow_charms.parts import Message, Part, Report
from kubeflow_charms.relations.codecs import Flat
from ops import testing
from support.examples import Deploy


class Address(msgspec.Struct):
    url: str


ADDRESS = Interface("address", provider=Flat(Address), requirer=Flat(Address))


def reporting(*problems: Problem):
    def plan(charm: Any) -> Iterator[Part]:
        yield from map(Report, problems)

    return plan


def test_all_problems_are_shown_and_blocked_comes_first(deploy: Deploy) -> None:
    deployment = deploy(reporting(Waiting("the database"), Blocked("set the option x"), Waiting("the moon")))
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.unit_status == ops.BlockedStatus("set the option x; waiting for the database; waiting for the moon")


def test_what_would_be_too_long_is_the_first_thing_and_a_number_and_the_log_has_all_of_it_once(deploy: Deploy) -> None:
    problems = Waiting("the moon", "the sun"), Blocked("a" * 90, "option b: no number"), Blocked("c")
    deployment = deploy(reporting(*problems))
    context = deployment.context
    state = deployment.run(context.on.update_status(), deployment.state())
    assert state.unit_status == ops.BlockedStatus(f"{'a' * 90} (and 4 more; see log)")
    whole = f"{'a' * 90}; option b: no number; c; waiting for the moon; waiting for the sun"
    assert [log.message for log in context.juju_log if whole in log.message] == [whole]


def test_a_charm_that_only_waits_says_for_what(deploy: Deploy) -> None:
    deployment = deploy(reporting(Waiting("the database")))
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.unit_status == ops.WaitingStatus("waiting for the database")


def test_the_same_problem_is_shown_once(deploy: Deploy) -> None:
    deployment = deploy(reporting(Waiting("the database"), Waiting("the database")))
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.unit_status == ops.WaitingStatus("waiting for the database")


def test_an_active_charm_tells_its_messages(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        yield Message("http://10.64.140.43")
        yield Message("two users")

    deployment = deploy(plan)
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.unit_status == ops.ActiveStatus("http://10.64.140.43; two users")


def test_every_missing_required_relation_is_named_with_the_command_to_type(deploy: Deploy) -> None:
    requires = {
        "database": {"interface": "mysql_client"},
        "store": {"interface": "address", "optional": False},
        "extra": {"interface": "address", "optional": True},
    }
    deployment = deploy(reporting(), requires=requires)
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert state.unit_status == ops.BlockedStatus(
        "needs relations, run: juju integrate example:database mysql:database (and 1 more; see log)"
    )
    told = "juju integrate example:database mysql:database; juju integrate example:store APPLICATION"
    assert any(told in log.message for log in deployment.context.juju_log)


def test_a_relation_that_juju_may_yet_tell_of_is_waited_for(deploy: Deploy) -> None:
    requires = {"database": {"interface": "mysql_client"}, "extra": {"interface": "address", "optional": True}}
    deployment, relation = deploy(reporting(), requires=requires), testing.Relation("extra")
    event = deployment.context.on.relation_created(relation)
    state = deployment.run(event, deployment.state(relations={relation}))
    assert isinstance(state.unit_status, ops.WaitingStatus)
    assert "waiting for the relations database" in state.unit_status.message


def test_a_required_relation_that_is_there_is_not_asked_for(deploy: Deploy) -> None:
    deployment = deploy(reporting(), requires={"database": {"interface": "mysql_client"}})
    state = deployment.state(relations={testing.Relation("database")})
    assert deployment.run(deployment.context.on.config_changed(), state).unit_status == ops.ActiveStatus()


def test_what_is_gone_from_the_status_is_what_was_mended(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        yield Message(f"at {charm.address.one().url}")

    requires = {"address": {"interface": "address"}}
    deployment = deploy(plan, attributes={"address": Requires("address", ADDRESS)}, requires=requires)
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    told = "needs relations, run: juju integrate example:address APPLICATION"
    assert state.unit_status == ops.BlockedStatus(told), "that the plan waits for the same is not told as well"
    relation = testing.Relation("address", remote_app_name="gateway", remote_app_data={"url": "http://here"})
    state = deployment.state(relations={relation})
    state = deployment.run(deployment.context.on.relation_changed(relation), state)
    assert state.unit_status == ops.ActiveStatus("at http://here")


def test_a_broken_relation_is_no_longer_there_for_the_plan(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        bound = charm.address
        found = bound.maybe()
        yield bound.send(Address("ours"))
        yield Message(found.url if found else "alone")

    requires = {"address": {"interface": "address", "optional": True}}
    deployment = deploy(plan, attributes={"address": Requires("address", ADDRESS)}, requires=requires)
    relation = testing.Relation("address", remote_app_data={"url": "http://here"})
    state = deployment.state(relations={relation})
    state = deployment.run(deployment.context.on.relation_broken(relation), state)
    assert state.unit_status == ops.ActiveStatus("alone")


def test_a_required_relation_is_asked_for_again_when_it_breaks(deploy: Deploy) -> None:
    deployment = deploy(reporting(), requires={"database": {"interface": "mysql_client"}})
    relation = testing.Relation("database")
    state = deployment.run(deployment.context.on.relation_broken(relation), deployment.state(relations={relation}))
    assert state.unit_status == ops.BlockedStatus(
        "needs relations, run: juju integrate example:database mysql:database"
    )


def test_a_provided_endpoint_is_never_asked_for(deploy: Deploy) -> None:
    deployment = deploy(
        reporting(),
        attributes={"address": Provides("address", ADDRESS)},
        provides={"address": {"interface": "address"}},
    )
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert state.unit_status == ops.ActiveStatus()


@pytest.mark.parametrize("event", ["stop", "remove"])
def test_a_unit_that_goes_while_others_stay_leaves_the_status_alone(deploy: Deploy, event: str) -> None:
    deployment = deploy(reporting(Waiting("the database")))
    state = deployment.state(planned_units=1, unit_status=ops.ActiveStatus("as it was"))
    after = deployment.run(getattr(deployment.context.on, event)(), state)
    assert after.unit_status == ops.ActiveStatus("as it was")
