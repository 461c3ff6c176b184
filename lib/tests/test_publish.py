"""What an application says to those it is related to, and what a hook asks Juju to know that it has said it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import scenario.mocking
from kubeflow_charms import Interface, Provides
from kubeflow_charms.parts import Part
from kubeflow_charms.relations.codecs import Flat
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy


class Said(msgspec.Struct):
    word: str


def plan(charm: Any) -> Iterator[Part]:
    yield charm.peer.send(Said(word=str(charm.config["word"])))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of whom the hooks asked Juju for databags."""
    found: list[str] = []
    get = scenario.mocking._MockModelBackend.relation_get  # pyright: ignore[reportPrivateUsage]

    def noted(backend: Any, relation_id: int, name: str, *arguments: Any, **more: Any) -> Any:
        found.append(name)
        return get(backend, relation_id, name, *arguments, **more)

    monkeypatch.setattr("scenario.mocking._MockModelBackend.relation_get", noted)
    return found


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    return deploy(
        plan,
        attributes={"peer": Provides("peer", Interface[Said, Said]("peer", provider=Flat(Said)))},
        provides={"peer": {"interface": "peer"}},
        config={"options": {"word": {"type": "string", "default": "hello"}}},
    )


@pytest.fixture
def settled(example: Deployment) -> testing.State:
    return example.settle(example.state(relations={testing.Relation("peer", remote_app_name="other")}))


def said(state: testing.State) -> dict[str, str]:
    [relation] = state.relations
    return dict(relation.local_app_data)


def with_databag(state: testing.State, databag: dict[str, str]) -> testing.State:
    [relation] = state.relations
    return dataclasses.replace(state, relations={dataclasses.replace(relation, local_app_data=databag)})


def test_what_was_said_is_not_read_again(example: Deployment, settled: testing.State, asked: list[str]) -> None:
    asked.clear()
    after = example.run(example.context.on.config_changed(), settled)
    assert (said(after), asked) == ({"word": "hello"}, [])


def test_another_word_is_said(example: Deployment, settled: testing.State) -> None:
    after = example.run(example.context.on.config_changed(), dataclasses.replace(settled, config={"word": "bye"}))
    assert said(after) == {"word": "bye"}


def test_a_word_that_juju_has_not_taken_is_said_again(example: Deployment, settled: testing.State) -> None:
    state = dataclasses.replace(settled, config={"word": "bye"})
    example.run(example.context.on.config_changed(), state)
    assert said(example.run(example.context.on.config_changed(), state)) == {"word": "bye"}


def test_a_leader_that_was_none_meanwhile_reads_what_the_other_said(
    example: Deployment, settled: testing.State
) -> None:
    state = with_databag(settled, {"word": "from another", "more": "of it"})
    assert said(example.run(example.context.on.leader_elected(), state)) == {"word": "hello"}
