"""What gateways say, and what they and other applications are told."""

import json

import pytest
from ops import testing


def test_the_address_of_the_gateway_is_told_and_shown(pilot):
    route = pilot.application("a", service="a", port=80, prefix="/a")
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway(), route)
    assert pilot.sent(state, "ingress")["url"] == "http://10.64.140.43"
    assert state.unit_status == testing.ActiveStatus("http://10.64.140.43")


def known(pilot):
    """Return the namespaces whose proxies are told of a Service, and of a route, of any namespace of the mesh."""
    return [pilot.mesh[key] for key in ("defaultServiceExportTo", "defaultVirtualServiceExportTo")]


def test_what_a_namespace_has_is_told_to_its_own_proxies_and_to_those_of_the_gateways_model_alone(pilot):
    pilot.settle(pilot.gatekeeper(), pilot.gateway())
    assert known(pilot) == [[".", "edge"]] * 2


@pytest.mark.parametrize("kind", ["ingress", "egress"])
def test_a_gateway_in_another_model_is_told_of_all_too(pilot, kind):
    principal = "cluster.local/ns/outside/sa/istio-ingressgateway"
    pilot.settle(pilot.gatekeeper(), pilot.gateway(kind=kind, principal=principal))
    assert known(pilot) == [[".", "edge", "outside"]] * 2


def test_a_published_gateway_that_says_not_where_it_is_counts_as_one_of_the_same_model(pilot):
    pilot.settle(pilot.gatekeeper(), pilot.says("istio-pilot", {"_supported_versions": "- v1\n"}))
    assert known(pilot) == [[".", "edge"]] * 2


def test_without_an_address_none_is_told(pilot):
    route = pilot.application("a", service="a", port=80, prefix="/a")
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway(address="", up="false"), route)
    assert "url" not in pilot.sent(state, "ingress")
    assert state.unit_status == testing.ActiveStatus()


def test_applications_are_told_who_the_gateway_is_inside_the_mesh(pilot):
    route = pilot.application("a", service="a", port=80, prefix="/a")
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway(), route)
    assert pilot.sent(state, "ingress")["principals"] == "cluster.local/ns/edge/sa/istio-ingressgateway"


def test_an_address_that_goes_is_taken_back(pilot):
    route = pilot.application("a", service="a", port=80, prefix="/a")
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway(), route)
    (told,) = state.get_relations("ingress")
    state = pilot.again(state, pilot.gatekeeper(), pilot.gateway(address="", up="false"), told)
    assert "url" not in pilot.sent(state, "ingress")


def test_the_address_of_an_egress_gateway_is_nobodys_way_in(pilot):
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway(kind="egress"))
    assert state.unit_status == testing.ActiveStatus()


def test_gateways_are_told_where_istiod_is_and_how_to_know_it(pilot):
    databag = pilot.sent(pilot.settle(pilot.gateway()), "istio-pilot")
    assert json.loads(databag["_supported_versions"]) == ["v1"]
    assert json.loads(databag["data"]) == {"service-name": "istiod.edge.svc", "service-port": "15012"}
    files = pilot.deployment.files["istiod"]
    assert databag["root-certificate"] == files["/etc/cacerts/root-cert.pem"].text


def test_a_published_gateway_is_told_the_same_and_waited_for_to_say_more(pilot):
    state = pilot.settle(pilot.gatekeeper(), pilot.says("istio-pilot", {"_supported_versions": "- v1\n"}))
    assert json.loads(pilot.sent(state, "istio-pilot")["data"])["service-port"] == "15012"
    assert state.unit_status == testing.ActiveStatus()


def test_a_gateway_that_says_something_wrong_is_named(pilot):
    message = pilot.blocked(pilot.gatekeeper(), pilot.gateway(up="perhaps"))
    assert message.startswith("relation istio-pilot: other-istio-pilot sends invalid data: ")


@pytest.mark.parametrize(("change", "up"), [({}, "true"), ({"address": "", "up": "false"}, "false")])
def test_applications_that_make_routes_themselves_are_told_the_gateway(pilot, change, up):
    interested = pilot.says("gateway-info", {})
    state = pilot.settle(pilot.gateway(**change), interested, config={"default-gateway": "kubeflow-gateway"})
    assert pilot.sent(state, "gateway-info") == {
        "gateway_name": "kubeflow-gateway",
        "gateway_namespace": "edge",
        "gateway_up": up,
        "gateway_principal": "cluster.local/ns/edge/sa/istio-ingressgateway",
        "sidecars_need_rights": "true",
        "proxy_image": pilot.sidecar,
    }


def test_applications_that_guard_users_namespaces_are_told_what_sidecars_need(pilot):
    state = pilot.settle(pilot.gateway(), pilot.says("gateway-info", {}), config={"cni": True})
    assert pilot.sent(state, "gateway-info")["sidecars_need_rights"] == "false"


def test_another_default_gateway_renames_it_and_leaves_nothing_of_the_old_one(pilot):
    state = pilot.settle(pilot.gatekeeper())
    pilot.reconfigure(state, default_gateway="kubeflow-gateway")
    assert list(pilot.found("Gateway")) == ["kubeflow-gateway"]
    names = [*pilot.found("AuthorizationPolicy"), *pilot.found("EnvoyFilter")]
    assert all(name.startswith("kubeflow-gateway-") for name in names)


def test_a_second_unit_tells_nobody_anything_and_makes_nothing(pilot):
    leader = pilot.settle(pilot.gatekeeper(), pilot.gateway())
    pilot.deployment.cluster.calls.clear()
    follower = pilot.settle(pilot.gatekeeper(), pilot.gateway(), leader=False, secrets=leader.secrets)
    assert not any(relation.local_app_data for relation in follower.relations)
    assert pilot.deployment.cluster.changes == []
    assert follower.get_container("istiod").services["istiod"].is_running()
    assert follower.unit_status == testing.ActiveStatus("http://10.64.140.43")
