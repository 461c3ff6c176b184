"""How users reach the gateway, and who is told."""

import pytest
from ops import testing

SERVICE = "/api/v1/namespaces/edge/services/istio-gateway-workload"

WAITING = testing.WaitingStatus(
    "waiting for an address for istio-gateway-workload; without one: microk8s enable metallb, "
    "or juju config istio-gateway gateway_service_type=NodePort"
)


def test_the_service_leads_to_the_ports_at_which_the_proxy_listens(gateway):
    gateway.settle()
    ports = {port["name"]: (port["port"], port["targetPort"]) for port in gateway.service["spec"]["ports"]}
    assert ports == {"status-port": (15021, 15021), "http2": (80, 8080), "https": (443, 8443)}
    assert gateway.service["spec"]["selector"] == {"app.kubernetes.io/name": "istio-gateway"}


def test_no_address_is_waited_for_and_the_status_says_what_to_do(gateway):
    state = gateway.settle()
    assert state.unit_status == WAITING
    assert gateway.told(state)["up"] == "false"
    assert "address" not in gateway.told(state)


def test_a_proxy_without_an_address_runs_all_the_same(gateway):
    assert gateway.settle().get_container("proxy").services["proxy"].is_running()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"ip": "10.64.140.43"}, "10.64.140.43"),
        ({"hostname": "lb.example.com"}, "lb.example.com"),
        ({"hostname": "lb.example.com", "ip": "10.64.140.43"}, "lb.example.com"),
    ],
)
def test_the_address_that_a_load_balancer_gave_is_told_and_shown(gateway, given, address):
    state = gateway.settle()
    gateway.give_address(**given)
    state = gateway.again(state)
    assert state.unit_status == testing.ActiveStatus(address)
    assert gateway.told(state) == {
        "_supported_versions": '["v1"]',
        "kind": "ingress",
        "address": address,
        "principal": "cluster.local/ns/edge/sa/istio-gateway",
        "up": "true",
    }


def test_an_address_that_goes_is_taken_back(gateway):
    state = gateway.settle()
    gateway.give_address(ip="10.64.140.43")
    state = gateway.again(state)
    gateway.service["status"] = {"loadBalancer": {}}
    state = gateway.again(state)
    assert state.unit_status == WAITING
    assert "address" not in gateway.told(state)


def test_a_node_port_needs_no_address_and_is_shown(gateway):
    state = gateway.settle(config={"gateway_service_type": "NodePort"})
    gateway.give_node_ports()
    state = gateway.again(state)
    assert gateway.service["spec"]["type"] == "NodePort"
    assert state.unit_status == testing.ActiveStatus("NODE:30001 for http, NODE:30002 for https")
    assert (gateway.told(state)["up"], "address" in gateway.told(state)) == ("true", False)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("LoadBalancer", "NodePort", "NODE:30001 for http, NODE:30002 for https"),
        ("ClusterIP", "LoadBalancer", "10.64.140.43"),
        ("NodePort", "LoadBalancer", "10.64.140.43"),
    ],
)
def test_where_it_is_found_is_told_in_the_hook_that_changes_the_type(gateway, monkeypatch, before, after, status):
    monkeypatch.setattr("kubeflow_charms.parts.observed.PATIENCE", 5)
    reads: list[str] = []

    def react(request):
        if request.method == "GET" and request.url.path == SERVICE:
            reads.append(gateway.service["spec"]["type"])
            if len(reads) == 2:  # Kubernetes needs a moment for it.
                gateway.give_node_ports()
                gateway.give_address(ip="10.64.140.43")

    state = gateway.settle(config={"gateway_service_type": before})
    gateway.deployment.cluster.refuse = react
    state = gateway.reconfigure(state, gateway_service_type=after)
    assert state.unit_status == testing.ActiveStatus(status)
    assert gateway.told(state)["up"] == "true"
    assert reads == [after, after]


def test_an_address_that_does_not_come_is_waited_for_only_in_the_hook_that_asked_for_it(gateway, monkeypatch):
    state = gateway.settle(config={"gateway_service_type": "ClusterIP"})
    monkeypatch.setattr("kubeflow_charms.parts.observed.PATIENCE", 0.5)
    state = gateway.reconfigure(state, gateway_service_type="LoadBalancer")
    assert state.unit_status == WAITING
    gateway.deployment.cluster.calls.clear()
    gateway.again(state)
    assert gateway.deployment.cluster.calls.count(f"GET {SERVICE}") == 1


def test_a_cluster_ip_needs_no_address_and_no_call_of_kubernetes(gateway):
    state = gateway.settle(config={"gateway_service_type": "ClusterIP"})
    gateway.deployment.cluster.calls.clear()
    state = gateway.again(state)
    assert state.unit_status == testing.ActiveStatus()
    assert (gateway.told(state)["up"], "address" in gateway.told(state)) == ("true", False)
    assert gateway.deployment.cluster.calls == []


def test_a_former_address_is_not_told_once_there_is_no_load_balancer(gateway):
    state = gateway.settle()
    gateway.give_address(ip="10.64.140.43")
    state = gateway.reconfigure(gateway.again(state), gateway_service_type="ClusterIP")
    assert "address" not in gateway.told(state)


def test_a_hook_without_a_change_asks_kubernetes_once(gateway):
    state = gateway.settle()
    gateway.give_address(ip="10.64.140.43")
    state = gateway.again(gateway.again(state))
    gateway.deployment.cluster.calls.clear()
    gateway.again(state)
    assert gateway.deployment.cluster.calls == ["GET /api/v1/namespaces/edge/services/istio-gateway-workload"]


def test_a_second_unit_runs_the_proxy_and_asks_tells_and_changes_nothing(gateway):
    state = gateway.settle(leader=True)
    gateway.give_address(ip="10.64.140.43")
    gateway.deployment.cluster.calls.clear()
    follower = gateway.again(state, leader=False, relations={gateway.related(dict(remote(state)))})
    assert gateway.deployment.cluster.calls == []
    assert follower.unit_status == testing.ActiveStatus()
    assert gateway.told(follower) == {}
    assert follower.get_container("proxy").services["proxy"].is_running()


def remote(state):
    return state.get_relations("istio-pilot")[0].remote_app_data


def test_annotations_reach_the_service(gateway):
    gateway.settle(config={"annotations": "metallb.universe.tf/loadBalancerIPs=10.64.140.43, example.com/a=b=c"})
    assert gateway.service["metadata"]["annotations"] == {
        "metallb.universe.tf/loadBalancerIPs": "10.64.140.43",
        "example.com/a": "b=c",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metallb", "it is no pair, expected key=value,key='value, with commas'"),
        ("=10.64.140.43", "it is no pair, expected key=value,key='value, with commas'"),
        ("a b=c", "it is no annotation, expected for example metallb.universe.tf/address-pool=edge"),
        ("a/b/c=d", "it is no annotation, expected for example metallb.universe.tf/address-pool=edge"),
    ],
)
def test_annotations_that_are_none_block(gateway, text, message):
    assert gateway.blocked(annotations=text) == f"option annotations: {message}"
