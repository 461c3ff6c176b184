import pytest


@pytest.mark.parametrize(
    "address",
    [
        "10.64.140.43.nip.io",
        "ftp://kubeflow.example.com",
        "http://",
        "http://a:99999",
        "https://a/kubeflow",
        "http://a\nb",
    ],
)
def test_a_public_url_that_is_no_address_blocks(gatekeeper, address):
    message = gatekeeper.blocked(public_url=address)
    assert "option public-url" in message
    assert "expected" in message


@pytest.mark.parametrize("path", ["/", "//", " / "])
def test_a_path_that_would_open_everything_is_refused(gatekeeper, path):
    assert "option skip-auth-urls: it would let everybody in" in gatekeeper.blocked(skip_auth_urls=path)


@pytest.mark.parametrize("path", ["public", "/a/../b", "/a//b", "/./", "/a?b", "/a=b", "/.*", "/a|b", "^/a"])
def test_a_path_that_is_no_plain_path_is_refused(gatekeeper, path):
    message = gatekeeper.blocked(skip_auth_urls=f"/fine,{path}")
    assert message.startswith("option skip-auth-urls: it ")
    assert "expected" in message


@pytest.mark.parametrize("text", ["certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_ca_bundle_without_a_certificate_blocks(gatekeeper, text):
    message = gatekeeper.blocked(ca_bundle=text)
    assert message.startswith("option ca-bundle: no certificate can be read, expected PEM")


@pytest.mark.parametrize("hours", [0, -1, 100000])
def test_session_hours_out_of_range_block(gatekeeper, hours):
    assert (
        gatekeeper.blocked(session_hours=hours) == f"option session-hours: {hours} is out of range, expected 1 to 8784"
    )


@pytest.mark.parametrize("option", ["client_id", "client_name", "userid_claim"])
def test_an_empty_name_blocks(gatekeeper, option):
    assert gatekeeper.blocked(**{option: " "}).startswith(
        f"option {option.replace('_', '-')}: '' cannot be used, expected"
    )


@pytest.mark.parametrize("claim", ["${HOME}", "e mail", "a\nb"])
def test_a_claim_that_oauth2_proxy_would_read_as_something_else_blocks(gatekeeper, claim):
    assert "option userid-claim" in gatekeeper.blocked(userid_claim=claim)


def test_a_scope_that_is_none_blocks(gatekeeper):
    assert "option oidc-scopes: it is no scope" in gatekeeper.blocked(oidc_scopes="email $x")


def test_a_memory_limit_that_is_no_quantity_blocks(gatekeeper):
    assert "option memory: it is no quantity, expected for example 256Mi" in gatekeeper.blocked(memory="much")


def test_a_client_secret_that_is_not_granted_blocks_with_the_command_that_helps(gatekeeper):
    message = gatekeeper.blocked(client_secret="secret:d7fmqmvmp25c7dppp0kg")
    assert message.startswith("option client-secret: the secret is not there or not granted")
    assert "juju grant-secret NAME oidc-gatekeeper" in message


def test_a_bad_option_leaves_the_workload_and_the_databags_as_they_were(gatekeeper):
    before = gatekeeper.settle()
    core = gatekeeper.core
    after = gatekeeper.reconfigure(before, skip_auth_urls="/", client_id="other")
    assert after.get_container("oauth2-proxy").plan == before.get_container("oauth2-proxy").plan
    assert gatekeeper.core == core
    assert [relation.local_app_data for relation in after.relations] == [
        relation.local_app_data for relation in before.relations
    ]


def test_a_corrected_option_makes_the_unit_active_again(gatekeeper):
    state = gatekeeper.reconfigure(gatekeeper.settle(), skip_auth_urls="/")
    assert gatekeeper.reconfigure(state, skip_auth_urls="/public").unit_status.name == "active"
