import dataclasses

import bcrypt
import pytest
from ops import testing


def matches(dex, password):
    return bcrypt.checkpw(password.encode(), dex.user["hash"].encode())


def test_the_seed_command_sets_user_and_password(dex):
    dex.settle(config={"static-username": "admin", "static-password": "admin"})
    assert dex.user["email"] == "admin"
    assert matches(dex, "admin")


def test_without_a_password_one_is_generated_and_the_action_shows_it(dex):
    shown = dex.act("get-admin-password", dex.settle())
    assert shown["username"] == "admin" == dex.user["email"]
    assert len(shown["password"]) == 30
    assert matches(dex, shown["password"])


def test_the_action_shows_the_password_that_was_given(dex):
    state = dex.settle(config={"static-username": "alice", "static-password": "wonder"})
    assert dex.act("get-admin-password", state) == {"username": "alice", "password": "wonder"}


def test_the_action_shows_it_on_every_unit(dex):
    leaders = dex.settle()
    follower = dex.settle(leader=False, secrets=leaders.secrets)
    assert dex.act("get-admin-password", follower) == dex.act("get-admin-password", leaders)


def test_the_action_fails_without_a_password_database(dex):
    state = dex.settle(config={"enable-password-db": False, "connectors": "[{type: github, id: a, name: A}]"})
    with pytest.raises(testing.ActionFailed, match="enable-password-db is false"):
        dex.act("get-admin-password", state)


def test_the_action_fails_with_the_reason_while_options_are_wrong(dex):
    with pytest.raises(testing.ActionFailed, match="option port"):
        dex.act("get-admin-password", dex.reconfigure(dex.settle(), port=80))


def test_a_user_secret_sets_user_and_password(dex):
    secret = testing.Secret({"username": "alice@example.com", "password": "wonder"})
    dex.settle(config={"static-credentials-secret": secret.id}, secrets=[secret])
    assert (dex.user["email"], dex.user["username"]) == ("alice@example.com", "alice")
    assert matches(dex, "wonder")


def test_the_name_that_the_option_had_counts_for_a_release_and_the_status_says_what_it_is_called_now(dex):
    secret = testing.Secret({"username": "alice@example.com", "password": "wonder"})
    state = dex.settle(config={"static-credentials": secret.id}, secrets=[secret])
    assert matches(dex, "wonder")
    assert state.unit_status == testing.ActiveStatus(
        "option static-credentials is called static-credentials-secret now, and counts until it is reset"
    )


def test_what_is_wrong_with_an_option_is_told_by_the_name_that_it_was_set_by(dex):
    message = dex.blocked(static_credentials="secret:d7fmqmvmp25c7dppp0kg")
    assert message.startswith("option static-credentials: the secret is not there")


def test_a_new_revision_of_the_user_secret_changes_the_password(dex):
    secret = testing.Secret(
        {"username": "alice", "password": "old"}, latest_content={"username": "alice", "password": "new"}
    )
    state = dex.settle(config={"static-credentials-secret": secret.id}, secrets=[secret])
    dex.deployment.run(dex.deployment.context.on.secret_changed(state.get_secret(id=secret.id)), state)
    assert matches(dex, "new")


def test_the_hash_stays_the_same_until_the_password_changes(dex):
    state = dex.settle(config={"static-username": "admin", "static-password": "one"})
    first = dex.user["hash"]
    state = dex.reconfigure(state, public_url="http://a.example.com")
    assert dex.user["hash"] == first
    dex.reconfigure(state, static_password="two")
    assert dex.user["hash"] != first
    assert matches(dex, "two")


def test_the_hash_is_the_same_on_every_unit(dex):
    leaders = dex.settle()
    first = dex.user["hash"]
    assert dex.settle(leader=False, secrets=leaders.secrets).unit_status == testing.ActiveStatus()
    assert dex.user["hash"] == first


def test_the_users_identifier_stays_the_same_for_good(dex):
    state = dex.settle()
    identifier = dex.user["userID"]
    dex.reconfigure(state, static_username="alice", static_password="wonder")
    assert dex.user["userID"] == identifier


def test_unsetting_the_password_returns_to_the_generated_one(dex):
    state = dex.settle()
    generated = dex.act("get-admin-password", state)["password"]
    state = dex.reconfigure(state, static_username="alice", static_password="wonder")
    dex.again(state, config={})
    assert matches(dex, generated)


def test_a_password_longer_than_bcrypt_reads_is_accepted(dex):
    dex.settle(config={"static-username": "admin", "static-password": "x" * 80})
    assert matches(dex, "x" * 72)


def test_a_unit_that_does_not_lead_waits_for_the_leader_to_make_the_password(dex):
    leaders = dex.settle()
    state = dataclasses.replace(leaders, leader=False, secrets=frozenset())
    status = dex.deployment.run(dex.deployment.context.on.config_changed(), state).unit_status
    assert isinstance(status, testing.WaitingStatus)
    assert "the leader to make the secret" in status.message


def test_without_a_password_database_there_is_no_user(dex):
    dex.settle(config={"enable-password-db": False, "connectors": "[{type: github, id: a, name: A}]"})
    assert dex.configuration["enablePasswordDB"] is False
    assert dex.configuration["staticPasswords"] == []
