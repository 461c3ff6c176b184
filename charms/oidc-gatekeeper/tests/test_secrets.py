import dataclasses

from ops import testing

GIVEN = "given-client-secret-marker"
USERS = testing.Secret({"client-secret": GIVEN})


def everything_public(gatekeeper, state):
    """Return what others than the workload can read of the unit, as one text."""
    databags = [str(relation.local_app_data) for relation in state.relations]
    plan = state.get_container("oauth2-proxy").plan.to_yaml()
    layers = str(state.get_container("oauth2-proxy").layers)
    log = " ".join(line.message for line in gatekeeper.deployment.context.juju_log)
    return " ".join(
        [*databags, plan, layers, log, state.unit_status.message, str(gatekeeper.deployment.cluster.objects)]
    )


def values(state):
    return [value for secret in state.secrets for value in (secret.latest_content or secret.tracked_content).values()]


def test_no_secret_is_in_a_layer_a_databag_a_log_a_status_or_the_cluster(gatekeeper):
    state = gatekeeper.settle()
    public = everything_public(gatekeeper, state)
    assert len(values(state)) == 2
    assert not [value for value in values(state) if value in public]


def test_secrets_are_in_files_that_only_the_workload_reads(gatekeeper):
    gatekeeper.settle()
    assert {file.mode for file in gatekeeper.deployment.files["oauth2-proxy"].values()} == {0o600}


def test_sessions_are_encrypted_with_a_secret_of_32_characters(gatekeeper):
    gatekeeper.settle()
    assert len(gatekeeper.core["cookie_secret"]) == 32


def test_another_unit_encrypts_sessions_with_the_leaders_secret(gatekeeper):
    leaders = gatekeeper.settle()
    secret = gatekeeper.core["cookie_secret"]
    follower = gatekeeper.settle(leader=False, secrets=leaders.secrets)
    assert follower.unit_status == testing.ActiveStatus()
    assert gatekeeper.core["cookie_secret"] == secret


def test_another_unit_writes_no_application_databag(gatekeeper):
    follower = gatekeeper.settle(leader=False, secrets=gatekeeper.settle().secrets)
    assert not any(relation.local_app_data for relation in follower.relations)


def test_another_unit_waits_until_the_leader_has_made_the_secrets(gatekeeper):
    leaders = gatekeeper.settle()
    state = dataclasses.replace(leaders, secrets=frozenset(), leader=False)
    state = gatekeeper.deployment.run(gatekeeper.deployment.context.on.config_changed(), state)
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert "waiting for the leader to make the secret" in state.unit_status.message


def test_secrets_stay_as_they_are_when_the_pod_comes_back_empty(gatekeeper):
    state = gatekeeper.settle()
    before = (gatekeeper.core["cookie_secret"], gatekeeper.file("client-secret"))
    gatekeeper.deployment.files.clear()
    gatekeeper.settle(secrets=state.secrets)
    assert (gatekeeper.core["cookie_secret"], gatekeeper.file("client-secret")) == before


def test_a_client_secret_that_the_operator_gives_is_used_and_shared(gatekeeper):
    state = gatekeeper.settle(config={"client-secret": USERS.id}, secrets={USERS})
    assert state.unit_status == testing.ActiveStatus()
    assert gatekeeper.file("client-secret") == GIVEN
    shared = state.get_secret(label="given-client")
    assert shared.id in state.get_relations("oidc-client")[0].local_app_data["data"]


def test_a_client_secret_that_the_operator_gives_stays_secret(gatekeeper):
    state = gatekeeper.settle(config={"client-secret": USERS.id}, secrets={USERS})
    assert GIVEN not in everything_public(gatekeeper, state)


def test_a_client_secret_without_its_key_blocks_naming_the_key(gatekeeper):
    secret = testing.Secret({"password": "x"})
    message = gatekeeper.blocked(secrets={secret}, client_secret=secret.id)
    assert message == "option client-secret: the secret's keys are password, expected client-secret"


def test_taking_the_operators_client_secret_back_returns_to_the_generated_one(gatekeeper):
    state = gatekeeper.settle()
    generated = gatekeeper.file("client-secret")
    state = dataclasses.replace(state, secrets=frozenset({*state.secrets, USERS}))
    state = gatekeeper.reconfigure(state, client_secret=USERS.id)
    assert gatekeeper.file("client-secret") == GIVEN
    state = dataclasses.replace(
        state, config={key: state.config[key] for key in state.config if key != "client-secret"}
    )
    gatekeeper.reconfigure(state)
    assert gatekeeper.file("client-secret") == generated
