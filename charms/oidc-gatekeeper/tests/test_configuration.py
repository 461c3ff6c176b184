import re

import pytest
from ops import testing


def allows(core, path):
    return any(re.search(route, path) for route in core["skip_auth_routes"])


def test_the_container_is_asked_for_by_its_health_below_the_own_prefix(gatekeeper):
    check = gatekeeper.settle().get_container("oauth2-proxy").plan.checks["oauth2-proxy"]
    assert check.http == {"url": "http://localhost:4180/oauth2/ready"}


def test_no_page_outside_the_own_prefix_answers_without_a_log_in(gatekeeper):
    gatekeeper.settle()
    assert (gatekeeper.core["ping_path"], gatekeeper.core["ready_path"]) == ("/oauth2/ping", "/oauth2/ready")


@pytest.mark.parametrize("path", ["/dex/auth", "/public", "/public/a", "/public?a", "/a.b/c"])
def test_the_issuer_and_skip_auth_urls_need_no_log_in(gatekeeper, path):
    gatekeeper.settle(config={"skip-auth-urls": "/public, /a.b/"})
    assert allows(gatekeeper.core, path)


@pytest.mark.parametrize("path", ["/", "/dexter", "/publicity", "/x?/public", "/x/public", "/azb/c", "/a.b"])
def test_everything_else_needs_one(gatekeeper, path):
    gatekeeper.settle(config={"skip-auth-urls": "/public, /a.b/"})
    assert not allows(gatekeeper.core, path)


@pytest.mark.parametrize(
    "path", ["/api/x", "/pipeline/apis/v2beta1/runs", "/jupyter/api/namespaces", "/ml_metadata.X/Y"]
)
def test_programs_get_a_refusal_in_place_of_a_page(gatekeeper, path):
    gatekeeper.settle()
    assert any(re.search(route, path) for route in gatekeeper.core["api_routes"])


def test_the_issuer_is_reached_inside_the_cluster_while_tokens_name_its_public_address(gatekeeper):
    gatekeeper.settle()
    assert gatekeeper.provider["oidcConfig"]["issuerURL"] == "http://10.64.140.43.nip.io/dex"
    assert gatekeeper.provider["oidcConfig"]["jwksURL"] == "http://dex-auth.edge.svc:5556/dex/keys"
    assert gatekeeper.provider["redeemURL"] == "http://dex-auth.edge.svc:5556/dex/token"


def test_a_published_dex_without_an_internal_address_is_reached_by_its_issuer_url(gatekeeper):
    gatekeeper.settle(databags={"dex-oidc-config": {"issuer-url": "http://dex-auth.kubeflow.svc:5556/dex"}})
    assert gatekeeper.provider["redeemURL"] == "http://dex-auth.kubeflow.svc:5556/dex/token"


def test_redirects_are_relative_so_that_users_may_come_by_any_address(gatekeeper):
    gatekeeper.settle(config={"public-url": "http://other.example.com"})
    assert gatekeeper.provider["loginURL"] == "/dex/auth"
    assert (gatekeeper.core["redirect_url"], gatekeeper.core["relative_redirect_url"]) == ("/oauth2/callback", True)
    assert "other.example.com" not in gatekeeper.file("core.cfg") + gatekeeper.file("alpha.yaml")


@pytest.mark.parametrize(
    ("typed", "found", "secure"),
    [
        ("", "", False),
        ("", "http://10.0.0.1", False),
        ("", "https://10.0.0.1", True),
        ("https://kubeflow.example.com", "", True),
        ("http://kubeflow.example.com", "https://10.0.0.1", False),
        ("https://kubeflow.example.com", "http://10.0.0.1", False),
    ],
)
def test_sessions_are_kept_to_https_only_where_every_known_address_has_it(gatekeeper, typed, found, secure):
    gatekeeper.settle(config={"public-url": typed}, databags={"ingress": {"url": found} if found else {}})
    assert gatekeeper.core["cookie_secure"] is secure


def test_the_cookie_of_https_has_another_name_so_that_going_back_to_http_locks_nobody_out(gatekeeper):
    state = gatekeeper.settle(config={"public-url": "https://a.example.com"}, databags={"ingress": None})
    assert gatekeeper.core["cookie_name"] == "__Secure-kubeflow_session"
    gatekeeper.reconfigure(state, public_url="http://a.example.com")
    assert gatekeeper.core["cookie_name"] == "kubeflow_session"


def test_the_claim_of_the_option_becomes_the_user(gatekeeper):
    gatekeeper.settle(config={"userid-claim": "preferred_username"})
    assert gatekeeper.provider["oidcConfig"]["emailClaim"] == "preferred_username"


def test_the_scope_openid_is_always_asked_for(gatekeeper):
    gatekeeper.settle(config={"oidc-scopes": "email,groups"})
    assert gatekeeper.provider["scope"] == "openid email groups"


def test_sessions_last_as_long_as_the_option_says(gatekeeper):
    gatekeeper.settle(config={"session-hours": 8})
    assert gatekeeper.core["cookie_expire"] == "8h"


def test_a_ca_bundle_is_trusted_besides_the_public_authorities(gatekeeper, certificate):
    gatekeeper.settle(config={"ca-bundle": certificate})
    assert gatekeeper.file("ca.pem").strip() == certificate.strip()
    assert gatekeeper.provider["caFiles"] == ["/etc/oauth2-proxy/ca.pem"]
    assert gatekeeper.provider["useSystemTrustStore"] is True


def test_a_ca_bundle_may_have_comments_in_any_language(gatekeeper, certificate):
    gatekeeper.settle(config={"ca-bundle": f"# Autorité de l'entreprise\n{certificate}"})
    assert gatekeeper.file("ca.pem").startswith("# Autorité")


def test_without_one_the_public_authorities_alone_are_trusted(gatekeeper):
    gatekeeper.settle()
    assert "caFiles" not in gatekeeper.provider


def test_a_changed_option_restarts_the_workload(gatekeeper):
    before = gatekeeper.settle()
    after = gatekeeper.reconfigure(before, session_hours=8)
    services = [state.get_container("oauth2-proxy").plan.services["oauth2-proxy"] for state in (before, after)]
    assert services[0] != services[1]


def test_an_unchanged_configuration_changes_nothing_and_asks_kubernetes_nothing(gatekeeper):
    state = gatekeeper.settle()
    gatekeeper.deployment.cluster.calls.clear()
    again = gatekeeper.deployment.run(gatekeeper.deployment.context.on.update_status(), state)
    assert again.get_container("oauth2-proxy").plan == state.get_container("oauth2-proxy").plan
    assert gatekeeper.deployment.cluster.calls == []


def test_the_workload_holds_no_token_and_has_no_rights_in_the_cluster(gatekeeper):
    gatekeeper.settle()
    kinds = ["Namespace edge", "NetworkPolicy oidc-gatekeeper", "StatefulSet oidc-gatekeeper"]
    assert gatekeeper.deployment.cluster.kinds() == kinds
    template = gatekeeper.deployment.stateful_set["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in template["volumes"]}
    assert volumes["oauth2-proxy-no-token"]["emptyDir"] == {}


def test_a_memory_limit_reaches_the_container(gatekeeper):
    gatekeeper.settle(config={"memory": "128Mi"})
    containers = gatekeeper.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limits = {container["name"]: container.get("resources") for container in containers}
    assert limits["oauth2-proxy"] == {"limits": {"memory": "128Mi"}}


def test_the_ports_of_pages_and_metrics_are_open(gatekeeper):
    assert gatekeeper.settle().opened_ports == {testing.TCPPort(4180), testing.TCPPort(44180)}
