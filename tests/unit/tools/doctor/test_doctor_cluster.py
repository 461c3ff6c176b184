"""What is looked at in a cluster."""

import datetime
import json

import pytest

from tools.doctor import cluster
from tools.doctor.cluster import Cluster
from tools.doctor.findings import Level

NOW = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
LONG_AGO, JUST_NOW = "2026-11-29T11:00:00Z", "2026-11-29T11:59:50Z"


def named(name, namespace="", **more):
    return {"metadata": {"name": name, "namespace": namespace, **more}}


def answering(**lists):
    """Return a cluster that has these lists, by kind with an underscore for a point or hyphen."""

    def output(*command):
        kind = command[2].replace(".", "_").replace("-", "_")
        return json.dumps({"items": lists[kind]}) if command[1] == "get" and kind in lists else None

    return Cluster(output)


@pytest.mark.parametrize(("minor", "level"), [("34", "FINE"), ("30+", "FINE"), ("29", "WRONG")])
def test_an_old_kubernetes_is_wrong(minor, level):
    assert cluster.release({"minor": minor, "gitVersion": "v"}).level.name == level


def test_where_there_is_no_cluster_that_is_all_there_is_to_say():
    (found,) = cluster.look(Cluster(lambda *_: None), NOW)
    assert (found.subject, found.level) == ("kubernetes", Level.WRONG)


def node(name, **conditions):
    return {**named(name), "status": {"conditions": [{"type": key, "status": it} for key, it in conditions.items()]}}


@pytest.mark.parametrize(
    ("conditions", "level"),
    [
        ({"Ready": "True"}, "FINE"),
        ({"Ready": "Unknown"}, "WRONG"),
        ({"Ready": "True", "DiskPressure": "True"}, "WRONG"),
    ],
)
def test_nodes_that_are_not_ready_or_under_pressure_are_wrong(conditions, level):
    (found,) = cluster.ready([node("edge", **conditions)])
    assert found.level.name == level


@pytest.mark.parametrize(
    ("said", "level"), [("Warning: not namespaced\n\nno\n", "FINE"), ("yes\n", "WRONG"), (None, "UNKNOWN")]
)
def test_whether_kubernetes_authorises_is_asked_of_an_account_that_cannot_exist(said, level):
    asked = []
    found = cluster.rbac(Cluster(lambda *command: asked.append(command) or said))
    assert found.level.name == level
    assert f"--as={cluster.NOBODY}" in asked[0]
    assert not found.help or level != "WRONG" or found.help == ("sudo microk8s enable rbac",)


DNS = named("kube-dns", "kube-system", labels={"k8s-app": "kube-dns"})


def endpoints(ready):
    labels = {"kubernetes.io/service-name": "kube-dns"}
    return {**named("a", labels=labels), "endpoints": [{"conditions": {"ready": ready}}]}


def test_a_cluster_without_names_or_whose_server_is_down_is_wrong():
    assert cluster.dns([], []).help == ("sudo microk8s enable dns",)
    assert cluster.dns([DNS], [endpoints(False)]).level is Level.WRONG
    assert cluster.dns([DNS], [endpoints(True)]).level is Level.FINE


def test_volumes_need_a_default_class():
    key = "storageclass.kubernetes.io/is-default-class"
    assert cluster.storage([named("fast", annotations={key: "true"})]).level is Level.FINE
    assert cluster.storage([named("fast")]).help == (f"kubectl annotate storageclass fast {key}=true",)
    assert cluster.storage([]).help == ("sudo microk8s enable hostpath-storage",)


def balanced(since, *addresses):
    status = {"loadBalancer": {"ingress": [{"ip": it} for it in addresses]} if addresses else {}}
    return {**named("gw", "edge", creationTimestamp=since), "spec": {"type": "LoadBalancer"}, "status": status}


@pytest.mark.parametrize(
    ("services", "deployments", "nodes", "level"),
    [
        ([balanced(LONG_AGO, "10.0.0.1")], [], [], "FINE"),
        ([balanced(LONG_AGO)], [], [], "WRONG"),
        ([balanced(LONG_AGO)], [named("controller", "metallb-system")], [], "WRONG"),
        ([balanced(JUST_NOW)], [], [], "NOTE"),
        ([], [named("controller", "metallb-system")], [], "FINE"),
        ([], [], [{**named("n"), "spec": {"providerID": "azure:///x"}}], "FINE"),
        ([], [], [{**named("n"), "spec": {}}], "NOTE"),
    ],
)
def test_a_missing_load_balancer_is_told_and_wrong_once_somebody_waits_for_it(services, deployments, nodes, level):
    assert cluster.load_balancer(services, deployments, nodes, NOW).level.name == level


@pytest.mark.parametrize(
    ("plugins", "level"),
    [
        (["calico-node"], "FINE"),
        (["kube-flannel-ds", "kube-router"], "FINE"),
        (["cilium"], "FINE"),
        (["kube-flannel-ds"], "WRONG"),
        (["kindnet"], "WRONG"),
        (["speaker"], "UNKNOWN"),
        ([], "UNKNOWN"),
    ],
)
def test_whether_policies_are_in_force_is_told_by_the_plugin(plugins, level):
    assert cluster.policies([named(it) for it in plugins]).level.name == level


def eks(*arguments):
    return {**named("aws-node"), "spec": {"template": {"spec": {"containers": [{"args": [*arguments]}, {}]}}}}


def k3s(*options):
    info = {"nodeInfo": {"kubeletVersion": "v1.34.1+k3s1"}}
    return {**named("edge", annotations={"k3s.io/node-args": json.dumps(["server", *options])}), "status": info}


@pytest.mark.parametrize(
    ("plugins", "nodes", "known", "level"),
    [
        ([], [k3s()], None, "FINE"),
        ([], [k3s("--disable-network-policy", "false")], None, "FINE"),
        ([], [k3s("--disable-network-policy=true"), k3s()], None, "WRONG"),
        ([named("cilium")], [k3s("--disable-network-policy")], None, "FINE"),
        ([eks("--enable-network-policy=true")], [], None, "FINE"),
        ([eks("--enable-network-policy=false")], [], None, "WRONG"),
        ([], [], True, "FINE"),
        ([], [], False, "WRONG"),
        ([named("calico-node")], [], False, "WRONG"),
    ],
)
def test_what_no_daemon_set_of_that_name_tells_is_told_by_nodes_arguments_and_the_place(plugins, nodes, known, level):
    assert cluster.policies(plugins, nodes, known).level.name == level


def test_a_node_whose_clock_is_ahead_is_wrong():
    def lease(renewed, namespace="kube-node-lease"):
        return {**named("edge", namespace), "spec": {"renewTime": renewed}}

    assert list(cluster.clocks([lease("2026-11-29T11:59:55.123456Z")], NOW)) == []
    assert list(cluster.clocks([lease("2026-11-29T13:00:00.000000Z", "other")], NOW)) == []
    (found,) = cluster.clocks([lease("2026-11-29T13:00:00.000000Z")], NOW)
    assert "3600 s ahead" in found.text


def test_each_list_is_asked_for_once():
    asked = []
    kubernetes = Cluster(lambda *command: asked.append(command) or "{}")
    kubernetes.list("pods")
    kubernetes.list("pods")
    assert len(asked) == 1


def test_an_answer_that_is_no_json_is_none():
    assert Cluster(lambda *_: "error").read("version") is None


def test_a_list_that_kubernetes_does_not_tell_is_empty():
    assert answering(pods=[]).list("nodes") == []
