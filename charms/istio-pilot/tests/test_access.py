"""Who may pass the gateway: whom the gatekeeper lets pass, and nobody as soon as anything is amiss with it."""

import dataclasses
import itertools

import pytest
from ops import testing

HTTP, HTTPS = 8080, 8443


@pytest.mark.parametrize("port", [HTTP, HTTPS, 15443])
def test_every_request_is_shown_to_the_gatekeeper(pilot, port):
    pilot.settle(pilot.gatekeeper())
    assert pilot.actions(port) == {"CUSTOM"}
    assert {item["spec"]["provider"]["name"] for item in pilot.found("AuthorizationPolicy").values()} == {"gatekeeper"}


def test_policies_are_for_the_ingress_gateways_of_the_whole_mesh(pilot):
    pilot.settle(pilot.gatekeeper())
    selectors = [item["spec"]["selector"] for item in pilot.found("AuthorizationPolicy").values()]
    assert selectors == [{"matchLabels": {"istio": "ingressgateway"}}] * 2
    assert pilot.mesh["rootNamespace"] == "edge"


def test_the_mesh_knows_the_gatekeeper_and_lets_nobody_pass_while_it_does_not_answer(pilot):
    pilot.settle(pilot.gatekeeper())
    (provider,) = pilot.mesh["extensionProviders"]
    assert provider["name"] == "gatekeeper"
    assert provider["envoyExtAuthzHttp"] == {
        "service": "oidc-gatekeeper.edge.svc.cluster.local",
        "port": 4180,
        "timeout": "10s",
        "failOpen": False,
        "includeRequestHeadersInCheck": ["cookie", "authorization"],
        "headersToUpstreamOnAllow": ["kubeflow-userid", "kubeflow-groups"],
    }


def test_a_published_gatekeeper_is_asked(pilot):
    data = (
        "allowed-request-headers:\n- cookie\n- X-Auth-Token\nallowed-response-headers:\n- kubeflow-userid\n"
        "port: 8080\nservice: oidc-gatekeeper\n"
    )
    state = pilot.settle(pilot.says("ingress-auth", {"_supported_versions": "- v1\n", "data": data}))
    assert state.unit_status == testing.ActiveStatus()
    assert pilot.mesh["extensionProviders"][0]["envoyExtAuthzHttp"]["port"] == 8080
    assert pilot.sent(state, "ingress-auth") == {"_supported_versions": '["v1"]'}


def test_without_a_gatekeeper_the_gateway_is_shut_and_the_status_says_what_to_type(pilot):
    state = pilot.settle()
    assert pilot.actions(HTTP) == pilot.actions(HTTPS) == {"DENY"}
    assert state.unit_status == testing.WaitingStatus(
        "waiting for a gatekeeper, the gateway is shut: "
        "juju integrate istio-pilot:ingress-auth oidc-gatekeeper:ingress-auth"
    )


BROKEN = [
    {"service": None},
    {"service": ""},
    {"service": "a b"},
    {"port": None},
    {"port": 0},
    {"port": 70000},
    {"port": "web"},
    {"allowed_request_headers": "cookie"},
    {"allowed_response_headers": ["kubeflow userid"]},
]


@pytest.mark.parametrize("change", BROKEN)
def test_a_gatekeeper_that_says_something_wrong_shuts_the_gateway(pilot, change):
    message = pilot.blocked(pilot.gatekeeper(**change), unauthenticated_access=True)
    assert message.startswith("relation ingress-auth: other-ingress-auth sends invalid data: ")
    assert message.endswith("; until then the gateway is shut")
    assert pilot.actions(HTTP) == pilot.actions(HTTPS) == {"DENY"}
    assert pilot.mesh["extensionProviders"] == []


@pytest.mark.parametrize("databag", [{"data": "{"}, {"data": "[]"}, {"_supported_versions": '["v2"]', "data": "{}"}])
def test_a_gatekeeper_that_cannot_be_read_shuts_the_gateway(pilot, databag):
    assert "relation ingress-auth" in pilot.blocked(pilot.says("ingress-auth", databag), unauthenticated_access=True)
    assert pilot.actions(HTTP) == pilot.actions(HTTPS) == {"DENY"}


@pytest.mark.parametrize("databag", [{}, {"_supported_versions": '["v1"]'}])
def test_half_a_relation_shuts_the_gateway(pilot, databag):
    state = pilot.settle(pilot.says("ingress-auth", databag), config={"unauthenticated-access": True})
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert "to send its part of the relation ingress-auth; until then the gateway is shut" in state.unit_status.message
    assert pilot.actions(HTTP) == {"DENY"}


def test_a_gatekeeper_that_breaks_or_goes_shuts_a_gateway_that_was_guarded(pilot):
    state = pilot.settle(pilot.gatekeeper())
    state = pilot.again(state, pilot.gatekeeper(port=0))
    assert pilot.actions(HTTP) == {"DENY"}
    state = pilot.again(state, pilot.gatekeeper())
    assert pilot.actions(HTTP) == {"CUSTOM"}
    relation = state.get_relations("ingress-auth")[0]
    pilot.deployment.run(pilot.deployment.context.on.relation_broken(relation), state)
    assert pilot.actions(HTTP) == {"DENY"}


def test_everybody_may_pass_only_where_the_operator_says_so_and_no_gatekeeper_is_related(pilot):
    state = pilot.settle(config={"unauthenticated-access": True})
    assert state.unit_status == testing.ActiveStatus()
    assert pilot.open_ports == {HTTP}
    pilot.again(state, pilot.gatekeeper())
    assert pilot.open_ports == set()


@pytest.mark.parametrize("unauthenticated", [True, False])
def test_an_identity_that_a_request_claims_is_always_dropped(pilot, unauthenticated):
    pilot.settle(config={"unauthenticated-access": unauthenticated})
    assert {"kubeflow-userid", "kubeflow-groups"} <= dropped(pilot)


def test_whatever_the_gatekeeper_says_of_a_user_is_dropped_from_requests(pilot):
    pilot.settle(pilot.gatekeeper(allowed_response_headers=["Kubeflow-UserID", "x-user-roles"]))
    assert {"kubeflow-userid", "kubeflow-groups", "x-user-roles"} <= dropped(pilot)


def test_what_other_gatekeepers_would_say_of_a_user_is_dropped_unless_this_one_wants_to_see_it(pilot):
    pilot.settle(pilot.gatekeeper(allowed_request_headers=["X-Forwarded-User"]))
    assert "x-auth-request-email" in dropped(pilot)
    assert "x-forwarded-user" not in dropped(pilot)


def test_the_identity_is_dropped_even_if_the_gatekeeper_asks_to_see_it(pilot):
    pilot.settle(pilot.gatekeeper(allowed_request_headers=["cookie", "kubeflow-userid"]))
    assert {"kubeflow-userid", "kubeflow-groups"} <= dropped(pilot)


def test_a_header_that_the_gatekeeper_sees_and_hands_on_is_let_through_to_it(pilot):
    headers = ["authorization"]
    pilot.settle(pilot.gatekeeper(allowed_request_headers=headers, allowed_response_headers=headers))
    assert "authorization" not in dropped(pilot)


def test_headers_with_underscores_which_some_servers_take_for_hyphens_are_dropped(pilot):
    pilot.settle()
    assert manager(pilot)["common_http_protocol_options"] == {"headers_with_underscores_action": "DROP_HEADER"}


def manager(pilot):
    """Return what is set in each HTTP connection manager of the gateway."""
    (patch,) = pilot.found("EnvoyFilter")["istio-gateway-identity"]["spec"]["configPatches"]
    assert patch["match"]["context"] == "GATEWAY"
    return patch["patch"]["value"]["typed_config"]


def dropped(pilot):
    (mutation,) = manager(pilot)["early_header_mutation_extensions"]
    return {item["remove"] for item in mutation["typed_config"]["mutations"]}


def test_with_tls_plain_http_is_only_sent_to_https_without_asking_the_gatekeeper(pilot, issuer):
    secret = issuer.secret()
    pilot.settle(pilot.gatekeeper(), config={"tls-secret-id": secret.id}, secrets={secret})
    assert (pilot.actions(HTTP), pilot.actions(HTTPS)) == (set(), {"CUSTOM"})
    assert pilot.servers[0]["tls"] == {"httpsRedirect": True}


def test_policies_are_applied_before_the_routes_and_the_gateway(pilot):
    pilot.settle(pilot.gatekeeper(), pilot.application("a", service="a", port=80, prefix="/a"))
    applied = [call.split("/")[-2] for call in pilot.deployment.cluster.calls if call.startswith("PATCH")]
    order = [kind for kind in dict.fromkeys(applied) if kind in KINDS]
    assert order == KINDS


KINDS = ["authorizationpolicies", "envoyfilters", "virtualservices", "gateways"]
SITUATIONS = [*itertools.product([{}, {"port": 0}], [False, True])]
"""A sound or a broken gatekeeper, without and with TLS."""


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(SITUATIONS, 2)))
def test_no_change_opens_the_gateway_wherever_kubernetes_breaks_it_off(pilot, issuer, before, after):
    secret = issuer.secret()
    configurations = {False: {}, True: {"tls-secret-id": secret.id}}
    state = pilot.settle(pilot.gatekeeper(**before[0]), config=configurations[before[1]], secrets={secret})
    objects = dict(pilot.deployment.cluster.objects)

    def change(limit):
        """Change as much as the limit allows, and return how much there was to change."""
        cluster, changed = pilot.deployment.cluster, 0
        cluster.objects = dict(objects)
        (pilot.deployment.charm_folder / ".applied").unlink(missing_ok=True)

        def watch(request):
            nonlocal changed
            assert not pilot.open_ports
            if request.method == "GET" or "istio.io/" not in request.url.path:
                return None
            changed += 1
            return 400 if changed > limit else None

        cluster.refuse = watch
        pilot.again(state, pilot.gatekeeper(**after[0]), config=configurations[after[1]])
        assert not pilot.open_ports
        return changed

    for limit in range(change(100)):
        change(limit)


def test_a_second_unit_changes_nothing_in_the_cluster(pilot):
    leader = pilot.settle(pilot.gatekeeper())
    before = dict(pilot.deployment.cluster.objects)
    pilot.again(dataclasses.replace(leader, leader=False))
    assert pilot.deployment.cluster.objects == before
