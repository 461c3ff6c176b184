"""Who reaches a port behind a fence, and that everybody reaches the others."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.parts import NetworkPolicy, Part, Workload
from kubeflow_charms.parts.callers import application, gateways
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

GATEWAY = "cluster.local/ns/edge/sa/istio-ingressgateway"
OTHER = "cluster.local/ns/tools/sa/reporter"


def plan(charm: Any) -> Iterator[Part]:
    yield NetworkPolicy(
        {8082: gateways([GATEWAY]), 9000: (application(OTHER, "reporter"),), 9001: ()}, collected=(9000,)
    )


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy(plan, provides={"metrics-endpoint": {"interface": "prometheus_scrape"}})


def policy(deployment: Deployment, kind: str, **state: Any) -> Any:
    deployment.settle(deployment.state(**state))
    return deployment.cluster.find(kind, "example")["spec"]


def peers(spec: Any, port: int) -> list[tuple[str, dict[str, str]]]:
    """Return the namespaces and labels that the NetworkPolicy lets in at a port."""
    return [
        (
            peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            peer["podSelector"]["matchLabels"],
        )
        for rule in spec["ingress"]
        for peer in rule.get("from", ())
        if rule["ports"][0]["port"] == port
    ]


def test_only_the_named_pods_reach_a_guarded_port(deployment: Deployment) -> None:
    spec = policy(deployment, "NetworkPolicy")
    assert peers(spec, 8082) == [("edge", {"istio": "ingressgateway"})]
    assert peers(spec, 9000) == [("tools", {"app.kubernetes.io/name": "reporter"})]


def test_every_port_that_is_not_guarded_stays_open_and_no_other(deployment: Deployment) -> None:
    spec = policy(deployment, "NetworkPolicy")
    (everybody,) = [rule for rule in spec["ingress"] if "from" not in rule]
    open_ports = {port for it in everybody["ports"] for port in range(it["port"], it["endPort"] + 1)}
    assert open_ports == set(range(1, 65536)) - {8082, 9000, 9001}


def test_inside_the_mesh_the_same_go_by_their_identity(deployment: Deployment) -> None:
    spec = policy(deployment, "AuthorizationPolicy")
    others, *rules = spec["rules"]
    assert others == {"to": [{"operation": {"notPorts": ["8082", "9000", "9001"]}}]}
    assert [(rule["from"][0]["source"]["principals"], rule["to"][0]["operation"]["ports"]) for rule in rules] == [
        ([GATEWAY], ["8082"]),
        ([OTHER], ["9000"]),
    ]


def test_what_collects_metrics_reaches_the_guarded_port_that_shows_them_alone(deployment: Deployment) -> None:
    relation = testing.Relation("metrics-endpoint", remote_app_name="collector")
    spec = policy(deployment, "NetworkPolicy", relations={relation})
    assert ("edge", {"app.kubernetes.io/name": "collector"}) in peers(spec, 9000)
    assert len(peers(spec, 8082)) == 1


def webhooks(charm: Any) -> Iterator[Part]:
    yield NetworkPolicy({8082: ()}, webhooks=(9443,))


def internal(charm: Any) -> Iterator[Part]:
    yield NetworkPolicy(internal=(3306,))


def test_a_port_that_is_nothing_to_users_is_shut_to_their_pods_and_open_to_those_of_others(deploy: Deploy) -> None:
    everybody, rule = policy(deploy(internal), "NetworkPolicy")["ingress"]
    assert all(3306 not in range(item["port"], item["endPort"] + 1) for item in everybody["ports"])
    assert rule["ports"] == [{"port": 3306, "protocol": "TCP"}]
    (peer,) = rule["from"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert expression == {"key": "app.kubernetes.io/part-of", "operator": "NotIn", "values": ["kubeflow-profile"]}


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "one", "annotations": {"projectcalico.org/IPv4VXLANTunnelAddr": "10.1.4.64"}},
    "spec": {"podCIDRs": ["10.1.0.0/16", "fd00:1::/64"]},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.168.1.5"}, {"type": "Hostname", "address": "one"}]},
}


def test_a_port_of_webhooks_is_shut_to_users_pods_and_open_to_what_is_none(deploy: Deploy) -> None:
    deployment = deploy(webhooks)
    deployment.cluster.add("/api/v1/nodes/one", NODE)
    spec = policy(deployment, "NetworkPolicy")
    everybody, rule = spec["ingress"]
    assert all(9443 not in range(item["port"], item["endPort"] + 1) for item in everybody["ports"])
    assert rule["ports"] == [{"port": 9443, "protocol": "TCP"}]
    elsewhere, *blocks = rule["from"]
    (expression,) = elsewhere["namespaceSelector"]["matchExpressions"]
    assert (expression["operator"], expression["values"]) == ("NotIn", ["kubeflow-profile"])
    assert [block["ipBlock"]["cidr"] for block in blocks] == ["0.0.0.0/0", "::/0", "10.1.4.64/32"]


def test_while_nobody_says_the_pods_address_no_pod_of_users_reaches_a_port_of_webhooks(deploy: Deploy) -> None:
    deployment = deploy(webhooks)
    node = {**NODE, "spec": {}}
    deployment.cluster.add("/api/v1/nodes/one", node)
    unsaid = testing.Network("juju-info", bind_addresses=[])
    _, rule = policy(deployment, "NetworkPolicy", networks={unsaid})["ingress"]
    _, *blocks = rule["from"]
    assert [block["ipBlock"] for block in blocks] == [{"cidr": "10.1.4.64/32"}, {"cidr": "192.168.1.5/32"}]
    # Nor is it what counts for some minutes: the next hook, to which Juju says it, puts the whole in.
    _, rule = policy(deployment, "NetworkPolicy")["ingress"]
    assert rule["from"][1]["ipBlock"] == {"cidr": "0.0.0.0/0", "except": ["192.0.0.0/16"]}


def test_while_nobody_says_anything_a_port_of_webhooks_is_not_open_to_everybody(deploy: Deploy) -> None:
    unsaid = testing.Network("juju-info", bind_addresses=[])
    _, rule = policy(deploy(webhooks), "NetworkPolicy", networks={unsaid})["ingress"]
    assert [list(peer) for peer in rule["from"]] == [["namespaceSelector"]]


def test_where_no_address_of_a_node_is_one_for_the_network_the_api_server_has_to_be_everybody(deploy: Deploy) -> None:
    deployment = deploy(webhooks)
    for name in ("one", "two"):
        of_cilium = {"name": name, "annotations": {"network.cilium.io/ipv4-cilium-host": "10.1.0.7"}}
        deployment.cluster.add(f"/api/v1/nodes/{name}", {**NODE, "metadata": of_cilium})
    _, rule = policy(deployment, "NetworkPolicy")["ingress"]
    assert "from" not in rule


def program_behind_a_fence(charm: Any) -> Iterator[Part]:
    yield from webhooks(charm)
    yield Workload(container="app", command="serve")


def test_no_program_starts_while_nobody_says_who_is_to_be_kept_off_its_port(deploy: Deploy) -> None:
    deployment = deploy(program_behind_a_fence)
    deployment.cluster.refuse = lambda request: 500 if request.url.path == "/api/v1/nodes" else None
    state = deployment.settle(deployment.state())
    assert not state.get_container("app").plan.services
    deployment.cluster.refuse = lambda request: None
    state = deployment.settle(state)
    assert state.get_container("app").plan.services
