import json

import pytest
from ops import testing

GATEWAY = testing.Relation("ingress", remote_app_data={"_supported_versions": '["v1"]', "url": "http://10.64.140.43"})
SECRET = "client-secret-marker"
CLIENT = {"id": "authservice-oidc", "name": "Kubeflow", "redirectURIs": ["/oauth2/callback"], "secret": SECRET}
PUBLISHED_CLIENT = """\
id: authservice-oidc
name: Ambassador Auth OIDC
redirectURIs:
- /authservice/oidc/callback
secret: client-secret-marker
"""


def client(data):
    databag = {"_supported_versions": '["v1"]'}
    return testing.Relation("oidc-client", remote_app_data={**databag, **({"data": data} if data else {})})


def issuer(state):
    return state.get_relations("dex-oidc-config")[0].local_app_data


@pytest.mark.parametrize(
    ("config", "gateway", "expected"),
    [
        ({}, None, "http://dex-auth.edge.svc:5556/dex"),
        ({"port": 5600}, None, "http://dex-auth.edge.svc:5600/dex"),
        ({}, GATEWAY, "http://10.64.140.43/dex"),
        ({"public-url": "http://10.64.140.43.nip.io"}, GATEWAY, "http://10.64.140.43.nip.io/dex"),
        ({"public-url": "https://a.example.com/"}, None, "https://a.example.com/dex"),
        (
            {"issuer-url": "https://b.example.com/dex", "public-url": "https://a.example.com"},
            GATEWAY,
            "https://b.example.com/dex",
        ),
    ],
    ids=[
        "inside the cluster",
        "at another port",
        "at the gateway",
        "at the public URL",
        "without its slash",
        "typed whole",
    ],
)
def test_the_issuer_is(dex, config, gateway, expected):
    related = [testing.Relation("dex-oidc-config"), *([gateway] if gateway else [])]
    state = dex.settle(config=config, relations=related)
    assert dex.configuration["issuer"] == expected
    assert issuer(state)["issuer-url"] == expected


def test_clients_are_told_where_pods_reach_the_issuer(dex):
    state = dex.settle(relations=[testing.Relation("dex-oidc-config"), GATEWAY])
    assert issuer(state)["internal-url"] == "http://dex-auth.edge.svc:5556/dex"


def test_a_gateway_that_has_no_address_yet_is_no_obstacle(dex):
    state = dex.settle(relations=[testing.Relation("ingress", remote_app_data={"_supported_versions": "- v1\n"})])
    assert state.unit_status == testing.ActiveStatus()
    assert dex.configuration["issuer"] == "http://dex-auth.edge.svc:5556/dex"


def test_the_gateway_is_asked_to_route_the_log_in_pages(dex):
    state = dex.settle(relations=[GATEWAY], config={"port": 5600})
    assert json.loads(state.get_relation(GATEWAY.id).local_app_data["data"]) == {
        "service": "dex-auth",
        "port": 5600,
        "prefix": "/dex",
        "rewrite": "/dex",
    }


def test_without_any_relation_dex_is_active(dex):
    assert dex.settle().unit_status == testing.ActiveStatus()
    assert dex.configuration["staticClients"] == []


def test_clients_learn_that_juju_secrets_are_read(dex):
    relation = client(None)
    state = dex.settle(relations=[relation])
    assert state.get_relation(relation.id).local_app_data == {"_supported_versions": '["v1"]', "secrets": "true"}


def test_a_published_client_with_its_password_in_plain_text_is_served(dex):
    dex.settle(relations=[client(PUBLISHED_CLIENT)])
    assert dex.configuration["staticClients"] == [
        {
            "id": "authservice-oidc",
            "name": "Ambassador Auth OIDC",
            "redirectURIs": ["/authservice/oidc/callback"],
            "secret": SECRET,
        }
    ]


def test_a_client_with_its_password_in_a_juju_secret_is_served(dex):
    secret = testing.Secret({"secret": SECRET})
    state = dex.settle(relations=[client(json.dumps({**CLIENT, "secret": secret.id}))], secrets=[secret])
    assert state.unit_status == testing.ActiveStatus()
    assert dex.configuration["staticClients"][0]["secret"] == SECRET


def test_a_clients_secret_that_is_not_granted_yet_is_waited_for(dex):
    state = dex.settle(relations=[client(json.dumps({**CLIENT, "secret": "secret:d7fmqmvmp25c7dppp0kg"}))])
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert "to be granted" in state.unit_status.message


def test_several_clients_are_served(dex):
    other = json.dumps({**CLIENT, "id": "grafana"})
    dex.settle(relations=[client(json.dumps(CLIENT)), client(other)])
    assert [item["id"] for item in dex.configuration["staticClients"]] == ["authservice-oidc", "grafana"]


def test_a_client_that_has_said_nothing_yet_is_no_obstacle(dex):
    assert dex.settle(relations=[client(None)]).unit_status == testing.ActiveStatus()


@pytest.mark.parametrize("data", ["id: a", '{"id": "a", "name": "A", "redirectURIs": "text", "secret": "s"}', "a: ["])
def test_a_client_that_says_something_wrong_is_in_the_status_and_the_others_are_served(dex, data):
    bad, other = client(data), client(json.dumps({**CLIENT, "id": "grafana"}))
    state = dex.settle(relations=[bad, other])
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "relation oidc-client: remote sends invalid data" in state.unit_status.message
    assert [item["id"] for item in dex.configuration["staticClients"]] == ["grafana"]


def test_a_client_whose_secret_is_not_granted_keeps_no_other_from_being_served(dex):
    ungranted = client(json.dumps({**CLIENT, "secret": "secret:d7fmqmvmp25c7dppp0kg"}))
    state = dex.settle(relations=[ungranted, client(json.dumps({**CLIENT, "id": "grafana"}))])
    assert "to be granted" in state.unit_status.message
    assert [item["id"] for item in dex.configuration["staticClients"]] == ["grafana"]


def test_a_client_that_goes_away_is_forgotten(dex):
    relation = client(json.dumps(CLIENT))
    state = dex.settle(relations=[relation])
    dex.deployment.run(dex.deployment.context.on.relation_broken(state.get_relation(relation.id)), state)
    assert dex.configuration["staticClients"] == []


def test_a_unit_that_does_not_lead_runs_dex_and_writes_no_databag(dex):
    related = [testing.Relation("dex-oidc-config"), GATEWAY, client(json.dumps(CLIENT))]
    leaders = dex.settle(relations=related)
    dex.deployment.files.clear()
    state = dex.settle(leader=False, secrets=leaders.secrets, relations=related)
    assert state.unit_status == testing.ActiveStatus()
    assert dex.configuration["issuer"] == "http://10.64.140.43/dex"
    assert not any(relation.local_app_data for relation in state.relations)
