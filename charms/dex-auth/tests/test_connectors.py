import dataclasses
import json

import pytest
from ops import pebble, testing
from support import programs
from support.apiserver import await_answer, free_ports, log_of, program

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


def test_names_that_are_numbers_are_as_they_were_typed(dex):
    dex.settle(config={"connectors": "[{type: ldap, id: 1, name: 0123}, {type: ldap, id: 0, name: true}]"})
    assert [(item["id"], item["name"]) for item in dex.configuration["connectors"]] == [("1", "0123"), ("0", "true")]


def test_values_with_a_dollar_sign_come_from_the_user_secret(dex):
    dex.settle(config={"connectors": GITHUB, "connectors-secret": KEYS.id}, secrets=[KEYS])
    config = dex.configuration["connectors"][0]["config"]
    assert config["clientSecret"] == "pa$$word-marker"
    assert config["orgs"] == [{"name": "example", "teams": ["red"]}]


def test_dex_takes_a_dollar_sign_in_a_password_for_what_it_is(dex):
    state = dex.settle()
    assert state.get_container("dex").plan.services["dex"].environment["DEX_EXPAND_ENV"] == "false"


LDAP = "host: 'ldap:636', userSearch: {baseDN: dc=example, username: uid}"


def connector(config, kind="ldap"):
    return f"[{{type: {kind}, id: a, name: A, config: {{{config}}}}}]"


@pytest.mark.parametrize("word", ["0123", "12345678", "0x1F", "yes", "true", "2026-01-01", "12:30:45", "1e3", "1.50"])
def test_text_in_a_connector_is_what_was_typed(dex, word):
    state = dex.settle(config={"connectors": connector(f"{LDAP}, bindPW: {word}, since: 2026-01-01")})
    assert state.unit_status == testing.ActiveStatus()
    config = dex.configuration["connectors"][0]["config"]
    assert config["bindPW"] == word
    assert config["since"] == "2026-01-01"


@pytest.mark.parametrize("word", ["true", "'true'", "True"])
def test_a_truth_in_a_connector_is_one_in_quotes_too(dex, word):
    dex.settle(config={"connectors": connector(f"{LDAP}, insecureNoSSL: {word}, groupSearch: {{}}")})
    assert dex.configuration["connectors"][0]["config"]["insecureNoSSL"] is True


def test_the_settings_that_dex_lists_are_lists(dex):
    dex.settle(config={"connectors": connector("issuer: 'https://sso.example.com', acrValues: [1, 2]", "oidc")})
    assert dex.configuration["connectors"][0]["config"]["acrValues"] == ["1", "2"]


WORDS = (
    "$ecret-Word",
    "$$word",
    "${word}",
    "$",
    "$word!",
    "'word",
    '"word',
    "\\word",
    " word",
    "wörd-€",
    "$UPPER",
    "$a",
)


@pytest.mark.parametrize("word", WORDS)
def test_a_password_that_begins_with_a_dollar_sign_is_one(dex, word):
    quoted = word.replace("'", "''")
    dex.settle(config={"connectors": connector(f"{LDAP}, bindPW: '{quoted}'")})
    assert dex.configuration["connectors"][0]["config"]["bindPW"] == word


@pytest.mark.parametrize("word", WORDS)
def test_a_secrets_value_is_taken_as_it_is(dex, word):
    secret = testing.Secret({"word": word})
    dex.settle(
        config={"connectors": connector(f"{LDAP}, bindPW: $word"), "connectors-secret": secret.id}, secrets=[secret]
    )
    assert dex.configuration["connectors"][0]["config"]["bindPW"] == word


def test_a_password_that_looks_like_a_reference_is_not_shown(dex):
    message = dex.blocked(connectors=connector(f"{LDAP}, bindPW: $marker-word"))
    assert "config.bindPW names no key" in message
    assert "marker" not in message


@pytest.mark.parametrize("config", ["'bindPW:$marker-word': $other", "a: {'marker-word': [$other]}"])
def test_what_looks_like_a_setting_where_a_blank_is_missing_is_not_shown(dex, config):
    message = dex.blocked(connectors=connector(f"{LDAP}, {config}"))
    assert "names no key" in message
    assert "marker" not in message


def test_a_connector_that_lacks_what_dex_needs_is_named_and_the_others_go_on(dex):
    state = dex.settle(config={"connectors": "[{type: ldap, id: staff, name: A, config: {host: a}}]"})
    assert state.unit_status == testing.ActiveStatus(
        "connector staff is left out: its config lacks userSearch.baseDN, userSearch.username"
    )


SAML = "ssoURL: a, usernameAttr: a, emailAttr: a, redirectURI: a"
UNFIT = (
    ("github", "org: a, orgs: [{name: b}]", "its config has both org and orgs"),
    ("github", "hostName: 'https://git.example.com'", "its hostName is no host's name"),
    ("github", "rootCA: /etc/hostname", "its rootCA needs hostName"),
    ("github", "teamNameField: Name", "its teamNameField is none of name, slug, both"),
    ("ldap", f"{LDAP}, groupSearch: {{scope: subtree}}", "its groupSearch.scope is none of sub, one"),
    ("microsoft", "groupNameFormat: displayName", "its groupNameFormat is none of id, name"),
    ("oidc", "issuer: 'http://127.0.0.1:1', hostedDomains: [a]", "its hostedDomains is for the type google alone"),
    ("saml", SAML, "its config lacks ca or caData"),
    ("atlassian-crowd", "clientID: a", "its config lacks baseURL"),
    ("mockPassword", "username: a", "its config lacks password"),
)
FIT = (
    ("github", "org: a, teamNameField: both"),
    ("ldap", f"{LDAP}, groupSearch: {{scope: one}}"),
    ("microsoft", "groupNameFormat: id"),
    ("saml", f"{SAML}, ca: a, caData: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t, insecureSkipSignatureValidation: true"),
    *((kind, "clientID: a") for kind in ("bitbucket-cloud", "gitea", "gitlab", "keystone", "linkedin", "oauth")),
)


@pytest.fixture
def told(dex):
    """The state of a Dex that was told of all of these."""
    several = [(kind, config) for kind, config, _ in UNFIT] + list(FIT)
    items = (f"{{type: {kind}, id: c{at}, name: A, config: {{{text}}}}}" for at, (kind, text) in enumerate(several))
    return dex.settle(config={"connectors": f"[{', '.join(items)}]"})


def test_connectors_whose_settings_do_not_go_together_are_named(told):
    for number, (_, _, reason) in enumerate(UNFIT):
        assert f"connector c{number} is left out: {reason}" in told.unit_status.message
    for number in range(len(UNFIT), len(UNFIT) + len(FIT)):
        assert f"connector c{number} is left out: its" not in told.unit_status.message


@pytest.mark.usefixtures("told")
def test_the_real_dex_leaves_out_the_same(dex, tmp_path):
    (port,), found = free_ports(1), programs.find("dex")
    configuration = {**dex.configuration, "storage": {"type": "memory"}, "web": {"http": f"127.0.0.1:{port}"}}
    configuration |= {"telemetry": {}, "logger": {"level": "info", "format": "json"}}
    (tmp_path / "dex.json").write_text(json.dumps(configuration))
    switches = {"DEX_CONTINUE_ON_CONNECTOR_FAILURE": "true", "DEX_EXPAND_ENV": "false"}
    with program([found, "serve", tmp_path / "dex.json"], tmp_path, switches) as process:
        log = log_of(found, tmp_path)
        await_answer(process, log, lambda: "listening on" in log.read_text())
    refused = [json.loads(line)["id"] for line in log.read_text().splitlines() if "Failed to open" in line]
    assert refused == [f"c{number}" for number in range(len(UNFIT))]


def test_a_connector_whose_certificates_are_not_there_is_named(dex):
    state = dex.settle(config={"connectors": connector(f"{LDAP}, rootCA: /etc/none.pem")})
    assert state.unit_status.message == "connector a is left out: the file of rootCA is not in the container"


@pytest.mark.parametrize(
    ("kind", "config", "host", "port"),
    [
        ("oidc", "issuer: 'https://sso.example.com/realms/a'", "sso.example.com", 443),
        ("oidc", "issuer: 'http://sso.example.com:8080'", "sso.example.com", 8080),
        ("oidc", "issuer: 'https://[fd00::5]:8443'", "fd00::5", 8443),
        ("openshift", "issuer: 'https://api.example.com:6443'", "api.example.com", 6443),
        ("google", "clientID: a", "accounts.google.com", 443),
        ("ldap", LDAP, "ldap", 636),
        ("ldap", "host: ldap.example.com, insecureNoSSL: true", "ldap.example.com", 389),
    ],
)
def test_the_service_of_a_connector_is_watched_where_it_is_known(dex, kind, config, host, port):
    state = dex.settle(config={"connectors": connector(config, kind)})
    assert state.get_container("dex").plan.checks["connector-a"].tcp == {"host": host, "port": port}


@pytest.mark.parametrize("config", ["issuer: 'https://['", "issuer: 'https://a:port'", "issuer: text", "issuer: ''"])
def test_an_address_that_is_none_is_not_watched(dex, config):
    state = dex.settle(config={"connectors": connector(config, "oidc")})
    assert set(state.get_container("dex").plan.checks) == {"dex"}


def test_dex_goes_on_without_a_connector_whose_service_is_away(dex):
    state = dex.settle(config={"connectors": connector("issuer: 'https://sso.example.com'", "oidc")})
    container = state.get_container("dex")
    assert container.plan.services["dex"].environment["DEX_CONTINUE_ON_CONNECTOR_FAILURE"] == "true"
    down = {
        dataclasses.replace(info, status=pebble.CheckStatus.DOWN, failures=2) if info.name == "connector-a" else info
        for info in container.check_infos
    }
    state = dataclasses.replace(state, containers={dataclasses.replace(container, check_infos=down)})
    state = dex.deployment.run(dex.deployment.context.on.update_status(), state)
    assert state.unit_status == testing.WaitingStatus("waiting for the service of connector a to answer")


def test_connectors_and_the_password_database_work_side_by_side(dex):
    dex.settle(config={"connectors": "[{type: ldap, id: a, name: A}]"})
    assert dex.configuration["enablePasswordDB"] is True
    assert len(dex.configuration["connectors"]) == 1
