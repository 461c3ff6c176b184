from ops import testing

GITHUB = """
- type: github
  id: github
  name: GitHub
  config: {clientID: kubeflow, clientSecret: $github-secret, orgs: [{name: example, teams: [$team]}]}
"""
KEYS = testing.Secret({"github-secret": "pa$$word-marker", "team": "red"})


def test_connectors_are_passed_on_as_they_stand(dex):
    dex.settle(config={"connectors": "[{type: ldap, id: a, name: A, config: {host: 'ldap:636', insecureNoSSL: true}}]"})
    assert dex.configuration["connectors"] == [
        {"type": "ldap", "id": "a", "name": "A", "config": {"host": "ldap:636", "insecureNoSSL": True}}
    ]


def test_values_with_a_dollar_sign_come_from_the_user_secret(dex):
    dex.settle(config={"connectors": GITHUB, "connectors-secret": KEYS.id}, secrets=[KEYS])
    config = dex.configuration["connectors"][0]["config"]
    assert config["clientSecret"] == "pa$$word-marker"
    assert config["orgs"] == [{"name": "example", "teams": ["red"]}]


def test_dex_takes_a_dollar_sign_in_a_password_for_what_it_is(dex):
    state = dex.settle()
    assert state.get_container("dex").plan.services["dex"].environment["DEX_EXPAND_ENV"] == "false"


def test_a_date_in_a_connector_is_text(dex):
    state = dex.settle(config={"connectors": "[{type: ldap, id: a, name: A, config: {since: 2026-01-01}}]"})
    assert state.unit_status == testing.ActiveStatus()
    assert dex.configuration["connectors"][0]["config"] == {"since": "2026-01-01"}


def test_connectors_and_the_password_database_work_side_by_side(dex):
    dex.settle(config={"connectors": "[{type: ldap, id: a, name: A}]"})
    assert dex.configuration["enablePasswordDB"] is True
    assert len(dex.configuration["connectors"]) == 1
