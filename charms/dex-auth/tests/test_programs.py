"""A client for programs, whose tokens are good at the applications that have users log in."""

import json

import pytest
from ops import testing

GATEKEEPER = {"id": "authservice-oidc", "name": "Kubeflow", "redirectURIs": ["/oauth2/callback"], "secret": "hush"}


def clients(dex, **options):
    databag = {"_supported_versions": '["v1"]', "data": json.dumps(GATEKEEPER)}
    relation = testing.Relation("oidc-client", remote_app_name="oidc-gatekeeper", remote_app_data=databag)
    state = dex.settle(relations=[relation], config=dex.named(options))
    return state, {client["id"]: client for client in dex.configuration["staticClients"]}


def test_unless_an_option_names_it_there_is_none(dex):
    _, found = clients(dex)
    assert list(found) == ["authservice-oidc"]
    assert "trustedPeers" not in found["authservice-oidc"]


def test_it_has_no_password_and_only_dexs_own_page_to_come_back_to(dex):
    _, found = clients(dex, program_client="kubeflow-programs")
    assert found["kubeflow-programs"] == {
        "id": "kubeflow-programs",
        "name": "Programs",
        "public": True,
        "redirectURIs": ["/dex/device/callback"],
    }


def test_each_application_trusts_it_and_keeps_its_password(dex):
    _, found = clients(dex, program_client="kubeflow-programs")
    assert found["authservice-oidc"]["trustedPeers"] == ["kubeflow-programs"]
    assert found["authservice-oidc"]["secret"] == "hush"


def test_it_gets_tokens_only_when_a_user_says_so_and_renews_them(dex):
    clients(dex, program_client="kubeflow-programs")
    grants = dex.configuration["oauth2"]["grantTypes"]
    assert {"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"} <= set(grants)
    assert "password" not in grants


def test_the_name_of_a_related_application_is_refused_and_dex_goes_on(dex):
    state, before = clients(dex)
    state = dex.reconfigure(state, program_client="authservice-oidc")
    assert state.unit_status == testing.BlockedStatus(
        "option program-client: oidc-gatekeeper has that name already, expected another"
    )
    assert {client["id"]: client for client in dex.configuration["staticClients"]} == before


@pytest.mark.parametrize("name", ["a b", "a/b", "ä"])
def test_a_name_that_no_client_can_have_is_refused(dex, name):
    assert dex.blocked(program_client=name).startswith("option program-client: it cannot be used")
