"""What a plan gets to read of its relations, and what is said when they are missing, silent or wrong."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import ops
import pytest
from kubeflow_charms import Interface, Provides, Requires
from kubeflow_charms.parts import Message, Part
from kubeflow_charms.relations.codecs import Flat
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy


class Address(msgspec.Struct, frozen=True):
    url: str
    port: int = 80


ADDRESS = Interface("address", provider=Flat(Address), requirer=Flat(Address))
ONE_WAY = Interface("address", provider=Flat(Address))


def reading(tell: Callable[[Any], Any]) -> Callable[[Any], Iterator[Part]]:
    def plan(charm: Any) -> Iterator[Part]:
        yield Message(str(tell(charm.address)))

    return plan


def example(deploy: Deploy, plan: Any, endpoint: Any = None) -> Deployment:
    endpoint = endpoint or Requires("address", ADDRESS)
    role = "provides" if isinstance(endpoint, Provides) else "requires"
    metadata: Any = {role: {"address": {"interface": "address", "optional": True}}}
    return deploy(plan, attributes={"address": endpoint}, **metadata)


def related(application: str, **databag: str) -> testing.Relation:
    return testing.Relation("address", remote_app_name=application, remote_app_data=databag)


def status(deployment: Deployment, *relations: testing.Relation) -> Any:
    state = deployment.state(relations=set(relations))
    return deployment.run(deployment.context.on.config_changed(), state).unit_status


GOOD, SILENT, WRONG = {"url": "http://good"}, {}, {"url": "http://wrong", "port": "many"}
SILENCE = "waiting for silent to send its part of the relation address"
ERROR = "relation address: wrong sends invalid data: Expected `int`, got `str` - at `$.port`"


@pytest.mark.parametrize(
    ("relations", "expected"),
    [
        ([], ops.WaitingStatus("waiting for the relation address")),
        ([("silent", SILENT)], ops.WaitingStatus(SILENCE)),
        ([("wrong", WRONG)], ops.BlockedStatus(ERROR)),
        ([("good", GOOD)], ops.ActiveStatus("http://good")),
    ],
)
def test_one_is_there_or_it_says_why_not(deploy: Deploy, relations: list[Any], expected: ops.StatusBase) -> None:
    deployment = example(deploy, reading(lambda endpoint: endpoint.one().url))
    assert status(deployment, *(related(name, **databag) for name, databag in relations)) == expected


@pytest.mark.parametrize(
    ("relations", "expected"),
    [
        ([], ops.ActiveStatus("None")),
        ([("silent", SILENT)], ops.WaitingStatus(SILENCE)),
        ([("wrong", WRONG)], ops.BlockedStatus(ERROR)),
        ([("good", GOOD)], ops.ActiveStatus("Address(url='http://good', port=80)")),
    ],
)
def test_maybe_is_none_only_where_nothing_is_related(
    deploy: Deploy, relations: list[Any], expected: ops.StatusBase
) -> None:
    deployment = example(deploy, reading(lambda endpoint: endpoint.maybe()))
    assert status(deployment, *(related(name, **databag) for name, databag in relations)) == expected


def test_all_leaves_out_those_that_say_nothing_yet(deploy: Deploy) -> None:
    deployment = example(deploy, reading(lambda endpoint: [item.application for item in endpoint.all()]))
    found = status(deployment, related("good", **GOOD), related("silent"), related("other", url="http://other"))
    assert found == ops.ActiveStatus("['good', 'other']")


def test_all_leaves_out_one_that_is_wrong_and_the_status_names_it(deploy: Deploy) -> None:
    told: list[Any] = []
    deployment = example(deploy, reading(lambda endpoint: told.append([item.application for item in endpoint.all()])))
    found = status(deployment, related("wrong", **WRONG), related("good", **GOOD))
    assert (told, found) == ([["good"]], ops.BlockedStatus(ERROR))


def test_one_takes_the_first_that_can_be_read_and_the_status_names_the_other(deploy: Deploy) -> None:
    told: list[Any] = []
    deployment = example(deploy, reading(lambda endpoint: told.append(endpoint.one().url)))
    found = status(deployment, related("wrong", **WRONG), related("good", **GOOD))
    assert (told, found) == ([GOOD["url"]], ops.BlockedStatus(ERROR))


def test_what_is_made_of_one_is_its_own_matter_too(deploy: Deploy) -> None:
    def make(address: Address) -> str:
        if address.url == "http://odd":
            raise ValueError("odd")
        return address.url

    told: list[Any] = []
    deployment = example(deploy, reading(lambda endpoint: told.extend(item.data for item in endpoint.all(make))))
    found = status(deployment, related("odd", url="http://odd"), related("good", **GOOD))
    assert (told, found) == (["http://good"], ops.BlockedStatus("relation address: odd sends invalid data: odd"))


def test_readable_tells_the_good_from_the_bad_and_the_silent(deploy: Deploy) -> None:
    def tell(endpoint: Any) -> str:
        good, bad = endpoint.readable()
        return f"{[item.application for item in good]} {[str(problem) for problem in bad]}"

    deployment = example(deploy, reading(tell))
    found = status(deployment, related("good", **GOOD), related("wrong", **WRONG), related("silent"))
    assert found.message == f"['good'] {[ERROR, SILENCE.removeprefix('waiting for ')]}"


def test_relations_are_in_the_order_in_which_they_were_made(deploy: Deploy) -> None:
    deployment = example(deploy, reading(lambda endpoint: endpoint.one().url))
    first, second = related("first", url="http://1"), related("second", url="http://2")
    assert status(deployment, second, first) == ops.ActiveStatus("http://1")


def test_a_provider_reads_what_the_requirer_says(deploy: Deploy) -> None:
    deployment = example(deploy, reading(lambda endpoint: endpoint.one().url), Provides("address", ADDRESS))
    assert status(deployment, related("good", **GOOD)) == ops.ActiveStatus("http://good")


def sending(part: Callable[[Any], Part]) -> Callable[[Any], Iterator[Part]]:
    def plan(charm: Any) -> Iterator[Part]:
        yield part(charm.address)

    return plan


def said(deployment: Deployment, *relations: testing.Relation) -> list[Any]:
    state = deployment.state(relations=set(relations))
    state = deployment.run(deployment.context.on.config_changed(), state)
    return [dict(state.get_relation(relation.id).local_app_data) for relation in relations]


def test_the_same_is_said_to_all(deploy: Deploy) -> None:
    deployment = example(deploy, sending(lambda endpoint: endpoint.send(Address("http://us"))))
    expected = {"url": "http://us", "port": "80"}
    assert said(deployment, related("first"), related("second")) == [expected, expected]


def test_each_is_told_its_own(deploy: Deploy) -> None:
    def part(endpoint: Any) -> Part:
        return endpoint.send_each(lambda relation: Address(relation.app.name) if relation.app.name != "mute" else None)

    deployment = example(deploy, sending(part), Provides("address", ADDRESS))
    found = said(deployment, related("first"), related("mute"))
    assert found == [{"url": "first", "port": "80"}, {}]


def test_one_that_is_wrong_keeps_nobody_else_from_being_answered(deploy: Deploy) -> None:
    def part(endpoint: Any) -> Part:
        return endpoint.send_each(lambda relation: endpoint.by(relation))

    deployment = example(deploy, sending(part), Provides("address", ADDRESS))
    wrong, good = related("wrong", **WRONG), related("good", **GOOD)
    state = deployment.state(relations={wrong, good})
    state = deployment.run(deployment.context.on.config_changed(), state)
    answers = [dict(state.get_relation(relation.id).local_app_data) for relation in (wrong, good)]
    assert (answers, state.unit_status) == ([{}, {"url": "http://good", "port": "80"}], ops.BlockedStatus(ERROR))


def test_to_a_broken_relation_nothing_is_said(deploy: Deploy) -> None:
    deployment = example(deploy, sending(lambda endpoint: endpoint.send(Address("http://us"))))
    relation = related("gone")
    state = deployment.run(deployment.context.on.relation_broken(relation), deployment.state(relations={relation}))
    assert state.get_relation(relation.id).local_app_data == {}


@pytest.mark.parametrize("endpoint", [Requires("address", ONE_WAY), Provides("address", ONE_WAY)])
def test_a_charm_that_uses_the_silent_direction_is_a_mistake_that_shows(deploy: Deploy, endpoint: Any) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        if isinstance(endpoint, Requires):
            yield charm.address.send(Address("http://us"))
        yield Message(charm.address.one().url)

    deployment = example(deploy, plan, endpoint)
    with pytest.raises(testing.errors.UncaughtCharmError, match="side writes nothing"):
        status(deployment, related("any"))
