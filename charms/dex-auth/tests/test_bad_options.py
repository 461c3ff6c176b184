import pytest
from ops import testing

LDAP = "{type: ldap, id: ldap, name: LDAP}"


@pytest.mark.parametrize("address", ["10.64.140.43.nip.io", "ftp://a.example.com", "http://", "http://a:99999"])
def test_a_public_url_that_is_no_url_blocks(dex, address):
    assert dex.blocked(public_url=address) == (
        "option public-url: it is no URL, expected for example https://kubeflow.example.com"
    )


def test_a_public_url_with_a_path_blocks_as_nothing_would_be_served_there(dex):
    assert dex.blocked(public_url="https://a.example.com/dex").startswith("option public-url: ")


@pytest.mark.parametrize("url", ["https://a.example.com", "https://a.example.com/x/dex", "https://a.example.com/index"])
def test_an_issuer_url_that_does_not_end_in_dex_blocks(dex, url):
    assert dex.blocked(issuer_url=url).startswith("option issuer-url: it does not end in /dex, expected")


@pytest.mark.parametrize("port", [0, 80, 65536, -1])
def test_a_port_out_of_range_blocks(dex, port):
    assert dex.blocked(port=port) == f"option port: {port} is no usable port, expected 1024 to 65535"


def test_the_port_of_the_metrics_blocks(dex):
    assert dex.blocked(port=5558).startswith("option port: 5558 is the port of Dex's metrics, expected")


def test_a_user_without_a_password_blocks(dex):
    assert dex.blocked(static_username="alice").startswith("option static-password: empty; set it")


def test_a_user_secret_without_a_password_blocks_naming_the_keys(dex):
    secret = testing.Secret({"username": "alice"})
    assert dex.blocked(secrets=[secret], static_credentials_secret=secret.id) == (
        "option static-credentials-secret: the secret's keys are username, expected username, password"
    )


def test_a_user_secret_that_is_not_granted_blocks_with_the_command_that_helps(dex):
    message = dex.blocked(static_credentials_secret="secret:d7fmqmvmp25c7dppp0kg")
    assert message.startswith("option static-credentials-secret: the secret is not there or not granted")
    assert "juju grant-secret NAME dex-auth" in message


def test_a_user_given_twice_blocks(dex):
    secret = testing.Secret({"username": "alice", "password": "xxx"})
    message = dex.blocked(
        secrets=[secret], static_credentials_secret=secret.id, static_username="bob", static_password="y"
    )
    assert message.startswith("options static-username, static-password: reset them")


def test_nobody_being_able_to_log_in_blocks(dex):
    assert "option enable-password-db: nobody could log in" in dex.blocked(enable_password_db=False)


@pytest.mark.parametrize("connectors", ["a: {", "text", "{type: ldap}", "[ldap]", "- - a"])
def test_connectors_that_are_no_yaml_list_of_mappings_block(dex, connectors):
    message = dex.blocked(connectors=connectors)
    assert message.startswith("option connectors: ")
    assert "expected a" in message


@pytest.mark.parametrize("lacking", ["type", "id", "name"])
def test_a_connector_that_lacks_what_every_one_has_blocks(dex, lacking):
    connector = "\n  ".join(f"{key}: ldap" for key in ("type", "id", "name") if key != lacking)
    assert dex.blocked(connectors=f"- {LDAP}\n- {connector}") == (
        f"option connectors: item 2 lacks {lacking}, expected type, id, name in each"
    )


@pytest.mark.parametrize(
    ("connectors", "reason"),
    [
        ("[{type: ldab, id: a, name: A}]", "item 1 has an unknown type, expected atlassian-crowd, "),
        ("[{type: ldap, id: [a], name: A}]", "item 1: expected text for type, id, name"),
        ("[{type: ldap, id: a, name: A, config: text}]", "item 1 has a config that is no mapping, expected"),
        ("[{type: ldap, id: local, name: A}]", "item 1 has an id that is taken, expected one that nothing else has"),
        (f"[{LDAP}, {LDAP}]", "item 2 has an id that is taken, expected one that nothing else has"),
    ],
)
def test_a_connector_that_would_keep_dex_from_starting_blocks(dex, connectors, reason):
    assert dex.blocked(connectors=connectors).startswith(f"option connectors: {reason}")


@pytest.mark.parametrize("keys", [{}, {"other": "value"}])
def test_a_reference_to_a_key_that_the_secret_lacks_blocks_with_its_place(dex, keys):
    secret = testing.Secret({"unused": "value", **keys})
    connectors = "[{type: github, id: g, name: G, config: {clientSecret: $github}}]"
    message = dex.blocked(secrets=[secret], connectors_secret=secret.id, connectors=connectors)
    assert message.startswith("option connectors: item 1, config.clientSecret names no key of connectors-secret")


@pytest.mark.parametrize(
    ("kind", "config", "place"),
    [
        ("ldap", "{insecureNoSSL: yes}", "insecureNoSSL: expected true or false"),
        ("ldap", "{bindPW: [a]}", "bindPW: expected text"),
        ("ldap", "{BINDPW: {a: b}}", "BINDPW: expected text"),
        ("ldap", "{rootCAData: '-----BEGIN CERTIFICATE-----'}", "rootCAData: expected certificates in base64"),
        ("ldap", "{rootCAData: bm8gY2VydGlmaWNhdGU=}", "rootCAData: expected certificates in base64"),
        ("ldap", "{userSearch: text}", "userSearch: expected key: value"),
        ("ldap", "{groupSearch: {userMatchers: {userAttr: a}}}", "groupSearch.userMatchers: expected a list"),
        ("oauth", "{rootCAs: /etc/ca.pem}", "rootCAs: expected a list"),
        ("oidc", "{scopes: profile}", "scopes: expected a list"),
        ("oidc", "{basicAuthUnsupported: 1}", "basicAuthUnsupported: expected true or false"),
        ("oidc", "{claimMapping: {email: [a]}}", "claimMapping.email: expected text"),
        ("github", "{orgs: [example]}", "orgs[0]: expected key: value"),
        ("github", "{orgs: [{name: a, teams: b}]}", "orgs[0].teams: expected a list"),
        ("google", "{domainToAdminEmail: {a.example.com: [b]}}", "domainToAdminEmail.a.example.com: expected text"),
        ("saml", "{caData: '*'}", "caData: expected certificates in base64"),
    ],
)
def test_a_setting_of_a_type_that_dex_cannot_read_blocks_and_leaves_dex_as_it_is(dex, kind, config, place):
    state = dex.settle()
    before = dex.text
    state = dex.reconfigure(state, connectors=f"[{{type: {kind}, id: a, name: A, config: {config}}}]")
    assert state.unit_status.message.startswith(f"option connectors: item 1, config.{place}")
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert dex.text == before


def test_a_memory_limit_that_is_no_quantity_blocks(dex):
    assert dex.blocked(memory="much") == "option memory: it is no quantity, expected for example 256Mi"


def test_a_bad_option_leaves_dex_and_the_databags_as_they_were(dex):
    client = testing.Relation("dex-oidc-config")
    before = dex.settle(relations=[client])
    text = dex.text
    after = dex.reconfigure(before, public_url="http://new.example.com", port=80)
    assert dex.text == text
    assert after.get_container("dex").plan == before.get_container("dex").plan
    assert after.get_relation(client.id).local_app_data == before.get_relation(client.id).local_app_data


def test_a_corrected_option_makes_the_unit_active_again(dex):
    state = dex.reconfigure(dex.settle(), port=80)
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert dex.reconfigure(state, port=5557).unit_status == testing.ActiveStatus()
