import json
from typing import Any

from ops import testing

SPEAKS_V1 = {"_supported_versions": '["v1"]'}
PUBLISHED = {"_supported_versions": "- v1\n"}


def sent(state: testing.State, endpoint: str) -> Any:
    databag = state.get_relations(endpoint)[0].local_app_data
    return json.loads(databag["data"]) if "data" in databag else None


def test_with_all_relations_the_unit_is_active(gatekeeper):
    assert gatekeeper.settle().unit_status == testing.ActiveStatus()


def test_without_an_issuer_the_unit_is_blocked_with_the_command_that_helps(gatekeeper):
    state = gatekeeper.settle(databags={"dex-oidc-config": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate oidc-gatekeeper:dex-oidc-config" in state.unit_status.message


def test_without_being_registered_at_the_issuer_the_unit_is_blocked_with_the_command_that_helps(gatekeeper):
    state = gatekeeper.settle(databags={"oidc-client": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate oidc-gatekeeper:oidc-client" in state.unit_status.message


def test_an_issuer_that_says_nothing_yet_is_waited_for(gatekeeper):
    state = gatekeeper.settle(databags={"dex-oidc-config": {}})
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert "to send its part of the relation dex-oidc-config" in state.unit_status.message


def test_an_issuer_url_that_is_none_blocks_naming_who_sent_it(gatekeeper):
    state = gatekeeper.settle(databags={"dex-oidc-config": {"issuer-url": "dex"}})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "relation dex-oidc-config" in state.unit_status.message


def test_an_issuer_that_goes_away_leaves_the_workload_running(gatekeeper):
    before = gatekeeper.settle()
    relation = before.get_relations("dex-oidc-config")[0]
    after = gatekeeper.deployment.run(gatekeeper.deployment.context.on.relation_broken(relation), before)
    assert after.get_container("oauth2-proxy").plan == before.get_container("oauth2-proxy").plan


def test_a_gateway_and_its_authorizer_are_not_needed_to_be_active(gatekeeper):
    state = gatekeeper.settle(databags={"ingress": None, "ingress-auth": None})
    assert state.unit_status == testing.ActiveStatus()


def test_the_gateway_is_asked_to_route_the_own_prefix(gatekeeper):
    state = gatekeeper.settle()
    assert sent(state, "ingress") == {"service": "oidc-gatekeeper", "port": 4180, "prefix": "/oauth2"}


def test_the_gateway_is_told_whom_to_ask_and_which_headers_identify_users(gatekeeper):
    authorizer = sent(gatekeeper.settle(), "ingress-auth")
    assert (authorizer["service"], authorizer["port"]) == ("oidc-gatekeeper", 4180)
    assert {"cookie", "authorization"} <= set(authorizer["allowed-request-headers"])
    assert authorizer["allowed-response-headers"] == ["kubeflow-userid", "kubeflow-groups"]


def test_a_gateway_without_an_address_is_no_obstacle(gatekeeper):
    assert gatekeeper.settle(databags={"ingress": SPEAKS_V1}).unit_status == testing.ActiveStatus()


def test_a_published_gateway_is_spoken_to(gatekeeper):
    published = {"_supported_versions": "- v1\n- v2\n"}
    state = gatekeeper.settle(databags={"ingress": published, "ingress-auth": PUBLISHED})
    assert state.unit_status == testing.ActiveStatus()
    assert sent(state, "ingress")["prefix"] == "/oauth2"


def test_an_issuer_that_reads_juju_secrets_gets_the_password_as_one(gatekeeper):
    state = gatekeeper.settle()
    client = sent(state, "oidc-client")
    assert client["id"] == "authservice-oidc"
    assert client["redirectURIs"] == ["/oauth2/callback"]
    secret = state.get_secret(label="client")
    assert client["secret"] == secret.id
    assert secret.remote_grants == {state.get_relations("oidc-client")[0].id: {"other"}}


def test_a_published_issuer_gets_the_password_as_it_stands(gatekeeper):
    state = gatekeeper.settle(databags={"oidc-client": PUBLISHED})
    assert sent(state, "oidc-client")["secret"] == gatekeeper.file("client-secret")


def test_an_issuer_that_has_not_said_what_it_reads_is_told_nothing(gatekeeper):
    assert sent(gatekeeper.settle(databags={"oidc-client": {}}), "oidc-client") is None


def test_the_workload_and_the_issuer_have_the_same_password(gatekeeper):
    state = gatekeeper.settle()
    content = state.get_secret(label="client").latest_content or state.get_secret(label="client").tracked_content
    assert content == {"secret": gatekeeper.file("client-secret")}


def test_another_client_id_and_name_reach_the_issuer(gatekeeper):
    state = gatekeeper.settle(config={"client-id": "edge", "client-name": "Edge"})
    assert (sent(state, "oidc-client")["id"], sent(state, "oidc-client")["name"]) == ("edge", "Edge")
    assert gatekeeper.provider["clientID"] == "edge"


def test_an_application_of_another_name_names_itself(gatekeeper):
    assert sent(gatekeeper.settle(), "ingress-auth")["service"] == gatekeeper.deployment.charm
