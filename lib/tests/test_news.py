"""Which events are news to a charm, and which an earlier hook has seen already."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import ops
import pytest
from kubeflow_charms import Blocked, Interface, Requires, Waiting
from kubeflow_charms.parts import Message, Part, Workload
from kubeflow_charms.relations.codecs import Flat
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

ran: list[str] = []


class Said(msgspec.Struct):
    word: str


def plan(charm: Any) -> Iterator[Part]:
    ran.append("plan")
    yield Workload(container="app", command="run")
    said = charm.peer.maybe()
    word = said.word if said else "alone"
    if word == "units":
        [relation] = charm.peer.relations
        word = ", ".join(sorted(relation.data[unit].get("says", "") for unit in relation.units))
    if word == "wait":
        raise Waiting("the moon")
    if word == "block":
        raise Blocked("somebody must act")
    yield Message(word)


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    ran.clear()
    interface: Interface[Said, Said] = Interface("peer", provider=Flat(Said))
    return deploy(
        plan,
        attributes={"peer": Requires("peer", interface)},
        requires={"peer": {"interface": "peer", "optional": True}},
        config={"options": {"size": {"type": "int", "default": 1}}},
    )


def settled(example: Deployment, units: Mapping[int, dict[str, str]] = {0: {}}, **said: str) -> testing.State:
    relation = testing.Relation("peer", remote_app_name="other", remote_app_data=said, remote_units_data={**units})
    secret = testing.Secret({"key": "text"})
    state = example.settle(dataclasses.replace(example.state(), relations={relation}, secrets={secret}))
    ran.clear()
    return state


def changed(example: Deployment, state: testing.State, unit: int | None = None, **fields: Any) -> testing.State:
    [relation] = state.relations
    relation = dataclasses.replace(relation, **fields)
    state = dataclasses.replace(state, relations={relation})
    return example.run(example.context.on.relation_changed(relation, remote_unit=unit), state)


def test_a_relation_is_no_news_of_which_the_last_hook_knew_all(example: Deployment) -> None:
    state = settled(example, word="hello")
    for unit in (None, 0):
        assert changed(example, state, unit).unit_status == state.unit_status == ops.ActiveStatus("hello")
    assert ran == []


def test_what_an_application_says_anew_is_news(example: Deployment) -> None:
    state = changed(example, settled(example, word="hello"), remote_app_data={"word": "bye"})
    assert state.unit_status == ops.ActiveStatus("bye")


def test_what_a_unit_says_is_news_once(example: Deployment) -> None:
    state, said = settled(example, {0: {}, 1: {}}, word="hello"), {0: {"back": "1"}, 1: {}}
    for unit in (0, 1):
        state = changed(example, state, unit, remote_units_data=said)
    assert ran == ["plan"]


def test_what_a_unit_no_longer_says_is_news(example: Deployment) -> None:
    state = settled(example, {0: {"says": "one"}}, word="units")
    assert changed(example, state, 0, remote_units_data={0: {}}).unit_status == ops.ActiveStatus("")


def test_a_unit_that_went_without_a_word_is_news_with_the_next_word_of_another(example: Deployment) -> None:
    state = settled(example, {0: {"says": "one"}, 1: {"says": "two"}}, word="units")
    after = changed(example, state, 0, remote_units_data={0: {"says": "one"}})
    assert (state.unit_status, after.unit_status) == (ops.ActiveStatus("one, two"), ops.ActiveStatus("one"))


def test_a_unit_that_leads_no_more_looks_at_everything(example: Deployment) -> None:
    changed(example, dataclasses.replace(settled(example, word="hello"), leader=False))
    assert ran == ["plan"]


def test_a_pod_that_is_another_looks_at_everything(example: Deployment) -> None:
    state = settled(example, word="hello")
    example.marker.write_text("another")
    changed(example, state)
    assert ran == ["plan"]


def test_a_hook_that_is_run_again_makes_what_juju_has_not_taken_of_it(example: Deployment) -> None:
    state = settled(example)
    for _ in range(2):
        assert changed(example, state, remote_app_data={"word": "hello"}).unit_status == ops.ActiveStatus("hello")
    assert ran == ["plan", "plan"]


def test_a_hook_that_broke_off_has_seen_nothing(example: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    state = settled(example, word="hello")
    with monkeypatch.context() as broken:
        broken.setattr(Message, "apply", lambda part, run: 1 / 0)
        with pytest.raises(testing.errors.UncaughtCharmError):
            example.run(example.context.on.config_changed(), state)
    ran.clear()
    changed(example, state)
    assert ran == ["plan"]


OF_OTHER_KINDS: dict[str, Callable[[Any, testing.State], Any]] = {
    "options": lambda on, state: on.config_changed(),
    "a secret's revision": lambda on, state: on.secret_changed(*state.secrets),
    "a charm's revision": lambda on, state: on.upgrade_charm(),
    "leading": lambda on, state: on.leader_elected(),
    "a pod": lambda on, state: on.start(),
    "time": lambda on, state: on.update_status(),
    "a relation": lambda on, state: on.relation_created(*state.relations),
    "a relation's end": lambda on, state: on.relation_broken(*state.relations),
}


@pytest.mark.parametrize("what", OF_OTHER_KINDS)
def test_what_an_event_of_another_kind_tells_is_always_news(example: Deployment, what: str) -> None:
    state = settled(example, word="hello")
    example.run(OF_OTHER_KINDS[what](example.context.on, state), state)
    assert ran == ["plan"]


def test_what_follows_the_end_of_a_relation_is_news(example: Deployment) -> None:
    state = settled(example, word="hello")
    example.run(example.context.on.relation_broken(*state.relations), state)
    ran.clear()
    silent = testing.Relation("peer", remote_app_name="another", remote_units_data={0: {}})
    state = dataclasses.replace(state, relations={silent})
    example.run(example.context.on.relation_changed(silent, remote_unit=0), state)
    assert ran == ["plan"]


def test_what_juju_says_for_a_unit_is_no_news(example: Deployment) -> None:
    changed(example, settled(example, word="hello"), 0, remote_units_data={0: {"ingress-address": "10.0.0.7"}})
    assert ran == []


def test_a_relation_that_says_nothing_yet_is_a_reason_to_try_again(example: Deployment) -> None:
    state = settled(example)
    assert state.unit_status == ops.WaitingStatus("waiting for other to send its part of the relation peer")
    changed(example, state, 0)
    assert ran == ["plan"]


@pytest.mark.parametrize("word", ["wait", "block"])
def test_every_hook_is_an_attempt_while_something_else_is_in_the_way(example: Deployment, word: str) -> None:
    changed(example, settled(example, word=word))
    assert ran == ["plan"]


def test_a_call_that_failed_is_tried_again_by_any_hook(example: Deployment) -> None:
    state = settled(example, word="hello")
    example.cluster.refuse = lambda request: 503
    state = example.run(example.context.on.leader_elected(), state)
    assert isinstance(state.unit_status, ops.WaitingStatus)
    example.cluster.refuse = lambda request: None
    assert changed(example, state).unit_status == ops.ActiveStatus("hello")


def test_a_container_that_is_ready_and_whose_program_answers_is_no_news(example: Deployment) -> None:
    state = settled(example, word="hello")
    example.run(example.context.on.pebble_ready(state.get_container("app")), state)
    assert ran == []


def test_a_container_that_has_started_anew_gets_its_program_back(example: Deployment) -> None:
    empty = testing.Container("app", can_connect=True)
    state = dataclasses.replace(settled(example, word="hello"), containers={empty})
    state = example.run(example.context.on.pebble_ready(empty), state)
    assert "app" in state.get_container("app").plan.services
