"""Secrets that the application makes: once, by the leader, and read by every unit."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import ops
import pytest
from kubeflow_charms import Interface, Provides
from kubeflow_charms.parts import Message, Part
from kubeflow_charms.relations.codecs import Flat
from kubeflow_charms.relations.secrets import password
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy


class Login(msgspec.Struct, rename="kebab"):
    secret_id: str


def saying(tell: Callable[[Any], str]) -> Callable[[Any], Iterator[Part]]:
    def plan(charm: Any) -> Iterator[Part]:
        yield Message(tell(charm))

    return plan


def run(deployment: Deployment, state: testing.State) -> testing.State:
    return deployment.run(deployment.context.on.update_status(), state)


def made(label: str, **content: str) -> testing.Secret:
    return testing.Secret(content, owner="app", label=label)


def test_the_leader_makes_a_secret_once(deploy: Deploy) -> None:
    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", lambda: {"word": password()})["word"]))
    first = run(deployment, deployment.state())
    [secret] = first.secrets
    assert (secret.label, secret.owner) == ("login", "app")
    second = run(deployment, first)
    assert second.unit_status == first.unit_status
    assert secret.tracked_content == {"word": first.unit_status.message}


def test_a_hook_asks_juju_for_a_secret_once(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    def words(charm: Any) -> str:
        [first, second] = [charm.secrets.ensure("login", lambda: {"word": "new"}) for _ in range(2)]
        theirs = [charm.secrets.granted(given.id)["word"] for _ in range(2)]
        return f"{first['word']} {second['word']} {charm.secrets.peek('login')['word']} {' '.join(theirs)}"

    given = testing.Secret({"word": "theirs"})
    deployment = deploy(saying(words))
    asked: list[str] = []
    found = ops.Secret.get_content

    def get_content(secret: ops.Secret, *, refresh: bool = False) -> dict[str, str]:
        asked.extend([secret.label or secret.id or ""] if refresh else [])
        return found(secret, refresh=refresh)

    monkeypatch.setattr(ops.Secret, "get_content", get_content)
    state = run(deployment, deployment.state(secrets={given, made("login", word="mine")}))
    assert state.unit_status == ops.ActiveStatus("mine mine mine theirs theirs")
    assert len(asked) == len(set(asked)) == 2


def test_another_unit_reads_it(deploy: Deploy) -> None:
    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", lambda: {"word": "other"})["word"]))
    state = deployment.state(leader=False, secrets={made("login", word="mine")})
    assert run(deployment, state).unit_status == ops.ActiveStatus("mine")


def test_another_unit_waits_for_it(deploy: Deploy) -> None:
    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", lambda: {"word": "other"})["word"]))
    state = run(deployment, deployment.state(leader=False))
    assert state.unit_status == ops.WaitingStatus("waiting for the leader to make the secret login")
    assert not state.secrets


def renewing(charm: Any) -> str:
    return charm.secrets.ensure("login", lambda: {"word": "new"}, lambda had: had["word"] != "old")["word"]


def test_the_leader_makes_an_invalid_secret_anew(deploy: Deploy) -> None:
    deployment = deploy(saying(renewing))
    state = run(deployment, deployment.state(secrets={made("login", word="old")}))
    assert state.unit_status == ops.ActiveStatus("new")
    [secret] = state.secrets
    assert secret.latest_content == {"word": "new"}


def test_another_unit_goes_on_with_an_invalid_secret(deploy: Deploy) -> None:
    deployment = deploy(saying(renewing))
    state = deployment.state(leader=False, secrets={made("login", word="old")})
    assert run(deployment, state).unit_status == ops.ActiveStatus("old")


def test_a_unit_sees_the_newest_content(deploy: Deploy) -> None:
    secret = testing.Secret({"word": "first"}, latest_content={"word": "second"}, owner="app", label="login")
    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", dict)["word"]))
    # The testing framework does not tell of a secret of the own application, as Juju does to units that do not lead.
    other = testing.Secret({"any": "thing"})
    state = deployment.state(leader=False, secrets={secret, other})
    state = deployment.run(deployment.context.on.secret_changed(other), state)
    assert state.unit_status == ops.ActiveStatus("second")


def derived(charm: Any) -> str:
    return charm.secrets.derived("hash", charm.config["word"], password)


WORD = {"options": {"word": {"type": "string", "default": "one"}}}


def test_a_derived_value_stays_until_its_source_changes(deploy: Deploy) -> None:
    deployment = deploy(saying(derived), config=WORD)
    first = run(deployment, deployment.state())
    again = run(deployment, first)
    assert again.unit_status == first.unit_status
    other = run(deployment, dataclasses.replace(again, config={"word": "two"}))
    assert other.unit_status != first.unit_status


def test_the_source_of_a_derived_value_is_not_kept(deploy: Deploy) -> None:
    deployment = deploy(saying(derived), config=WORD)
    state = run(deployment, dataclasses.replace(deployment.state(), config={"word": "my password"}))
    [secret] = state.secrets
    assert "my password" not in str(secret)


def test_replacing_a_secret_is_the_leaders(deploy: Deploy) -> None:
    def replace(charm: Any) -> str:
        charm.secrets.replace("login", {"word": "new"})
        return ""

    deployment = deploy(saying(replace))
    for leader, expected in ((False, {"word": "old"}), (True, {"word": "new"})):
        state = deployment.state(leader=leader, secrets={made("login", word="old")})
        [secret] = run(deployment, state).secrets
        assert (secret.latest_content or secret.tracked_content) == expected


def test_forgetting_a_secret_is_the_leaders(deploy: Deploy) -> None:
    def forget(charm: Any) -> str:
        charm.secrets.remove("login")
        charm.secrets.remove("no such secret")
        return ""

    deployment = deploy(saying(forget))
    for leader, left in ((False, 1), (True, 0)):
        state = deployment.state(leader=leader, secrets={made("login", word="old")})
        assert len(list(run(deployment, state).secrets)) == left


def test_what_juju_kept_of_a_removed_application_of_this_name_is_passed_over(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", lambda: {"word": "new"})["word"]))
    found = ops.Secret.get_content

    def get_content(secret: ops.Secret, *, refresh: bool = False) -> dict[str, str]:
        if secret.label in ("login", "login.1"):
            raise ops.ModelError("ERROR permission denied\n")
        return found(secret, refresh=refresh)

    monkeypatch.setattr(ops.Secret, "get_content", get_content)
    first = run(deployment, deployment.state())
    assert [secret.label for secret in first.secrets] == ["login.2"]
    assert run(deployment, first).unit_status == first.unit_status == ops.ActiveStatus("new")


def test_another_fault_of_juju_makes_no_second_secret(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_content(secret: ops.Secret, *, refresh: bool = False) -> dict[str, str]:
        raise ops.ModelError("ERROR connection is shut down\n")

    deployment = deploy(saying(lambda charm: charm.secrets.ensure("login", lambda: {"word": "new"})["word"]))
    monkeypatch.setattr(ops.Secret, "get_content", get_content)
    with pytest.raises(testing.errors.UncaughtCharmError, match="connection is shut down"):
        run(deployment, deployment.state())


def test_a_granted_secret_is_read_by_its_identifier(deploy: Deploy) -> None:
    secret = testing.Secret({"word": "theirs"})
    deployment = deploy(saying(lambda charm: charm.secrets.granted(secret.id)["word"]))
    assert run(deployment, deployment.state(secrets={secret})).unit_status == ops.ActiveStatus("theirs")


def test_a_secret_that_is_not_granted_yet_is_waited_for(deploy: Deploy) -> None:
    deployment = deploy(saying(lambda charm: charm.secrets.granted("secret:d0erdgfmp25c762i8np0")["word"]))
    expected = "waiting for the secret of a related application to be granted"
    assert run(deployment, deployment.state()).unit_status == ops.WaitingStatus(expected)


def test_a_secret_is_shared_with_a_relation_by_its_identifier(deploy: Deploy) -> None:
    interface = Interface("login", provider=Flat(Login))

    def plan(charm: Any) -> Iterator[Part]:
        charm.secrets.ensure("login", lambda: {"word": "mine"})
        yield charm.login.send_each(lambda relation: Login(charm.secrets.share("login", relation)))

    deployment = deploy(
        plan, attributes={"login": Provides("login", interface)}, provides={"login": {"interface": "login"}}
    )
    relation = testing.Relation("login", remote_app_name="client")
    state = run(deployment, deployment.state(relations={relation}))
    [secret] = state.secrets
    assert state.get_relation(relation.id).local_app_data == {"secret-id": secret.id}
    assert secret.remote_grants == {relation.id: {"client"}}
    assert "mine" not in str(state.get_relation(relation.id).local_app_data)


def test_sharing_what_is_not_made_yet_waits(deploy: Deploy) -> None:
    relation = testing.Relation("login")
    deployment = deploy(
        saying(lambda charm: charm.secrets.share("login", charm.model.get_relation("login"))),
        provides={"login": {"interface": "login"}},
    )
    state = run(deployment, deployment.state(relations={relation}))
    assert state.unit_status == ops.WaitingStatus("waiting for the leader to make the secret login")


@pytest.mark.parametrize("length", [12, 30])
def test_a_password_is_as_long_as_asked_and_easy_to_read_out(length: int) -> None:
    word = password(length)
    assert len(word) == length
    assert word.isalnum()
    assert not set(word) & set("0OIl1i")
    assert word != password(length)
