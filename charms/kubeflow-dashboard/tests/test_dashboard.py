import json

import pytest
from ops import testing


def test_the_unit_is_active_and_says_where_users_find_the_dashboard(dashboard):
    assert dashboard.settle().unit_status == testing.ActiveStatus("http://10.64.140.43")


def test_in_a_model_of_any_name_the_dashboard_looks_for_its_links_there(dashboard):
    environment = dashboard.environment(dashboard.settle())
    assert environment["POD_NAMESPACE"] == "edge"
    assert environment["DASHBOARD_CONFIGMAP"] == "centraldashboard-config"


def test_users_are_known_by_the_gatekeepers_header_and_log_out_at_its_page(dashboard):
    environment = dashboard.environment(dashboard.settle())
    assert (environment["USERID_HEADER"], environment["USERID_PREFIX"]) == ("kubeflow-userid", "")
    assert environment["LOGOUT_URL"] == "/oauth2/sign_out"


@pytest.mark.parametrize(("option", "text"), [(True, "true"), (False, "false")])
def test_the_option_says_whether_new_users_are_asked_to_make_a_profile(dashboard, option, text):
    state = dashboard.settle(config={"registration-flow": option})
    assert dashboard.environment(state)["REGISTRATION_FLOW"] == text


def test_the_container_is_asked_for_by_its_health_at_the_port_of_the_option(dashboard):
    state = dashboard.settle(config={"port": 9000})
    check = state.get_container("dashboard").plan.checks["dashboard"]
    assert check.http == {"url": "http://localhost:9000/healthz"}
    assert dashboard.environment(state)["PORT_1"] == "9000"
    assert state.opened_ports == {testing.TCPPort(9000)}


@pytest.mark.parametrize(
    ("databag", "host"),
    [
        (
            {"_supported_versions": "- v1\n", "data": "service-name: kubeflow-profiles\nservice-port: '8081'\n"},
            "kubeflow-profiles.edge.svc",
        ),
        (
            {"_supported_versions": "- v1\n", "data": "service-name: profiles.other\nservice-port: '8081'\n"},
            "profiles.other",
        ),
        ({"name": "kfam", "port": "8081"}, "kfam.edge.svc"),
    ],
)
def test_profiles_are_asked_for_where_the_relation_says(dashboard, databag, host):
    environment = dashboard.environment(dashboard.settle(databags={"kubeflow-profiles": databag}))
    assert environment["PROFILES_KFAM_SERVICE_HOST"] == host
    assert environment["PROFILES_KFAM_SERVICE_PORT"] == "8081"


def test_profiles_are_told_who_will_ask_and_as_what(dashboard):
    relation = dashboard.settle().get_relations("kubeflow-profiles")[0]
    assert relation.local_app_data == {
        "_supported_versions": '["v1"]',
        "role": "dashboard",
        "principal": "cluster.local/ns/edge/sa/kubeflow-dashboard",
    }


def test_without_profiles_the_unit_is_blocked_with_the_command_that_helps(dashboard):
    status = dashboard.settle(databags={"kubeflow-profiles": None}).unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "juju integrate kubeflow-dashboard:kubeflow-profiles" in status.message


def test_profiles_that_say_nothing_yet_are_waited_for(dashboard):
    status = dashboard.settle(databags={"kubeflow-profiles": {"_supported_versions": "- v1\n"}}).unit_status
    assert isinstance(status, testing.WaitingStatus)
    assert "to send its part of the relation kubeflow-profiles" in status.message


def test_profiles_at_a_port_that_is_none_block_naming_who_sent_it(dashboard):
    databag = {"data": '{"service-name": "kubeflow-profiles", "service-port": "http"}'}
    status = dashboard.settle(databags={"kubeflow-profiles": databag}).unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "relation kubeflow-profiles" in status.message


def test_profiles_that_go_away_leave_the_dashboard_running(dashboard):
    before = dashboard.settle()
    relation = before.get_relations("kubeflow-profiles")[0]
    after = dashboard.deployment.run(dashboard.deployment.context.on.relation_broken(relation), before)
    assert after.get_container("dashboard").plan == before.get_container("dashboard").plan


def test_the_gateway_is_asked_for_every_path_that_nothing_else_has(dashboard):
    databag = dashboard.settle(config={"port": 9000}).get_relations("ingress")[0].local_app_data
    assert json.loads(databag["data"]) == {
        "service": "kubeflow-dashboard",
        "port": 9000,
        "prefix": "/",
        "rewrite": "/",
    }


def test_a_gateway_is_not_needed_to_be_active(dashboard):
    assert dashboard.settle(databags={"ingress": None}).unit_status == testing.ActiveStatus()


def test_only_the_gateways_identities_may_ask_for_pages(dashboard):
    principals = "cluster.local/ns/edge/sa/two cluster.local/ns/edge/sa/one"
    dashboard.settle(databags={"ingress": {"principals": principals}})
    policy = dashboard.deployment.cluster.find("AuthorizationPolicy", "kubeflow-dashboard")
    assert policy["spec"] == {
        "selector": {"matchLabels": {"app.kubernetes.io/name": "kubeflow-dashboard"}},
        "action": "ALLOW",
        "rules": [
            {"to": [{"operation": {"notPorts": ["8082"]}}]},
            {
                "from": [{"source": {"principals": sorted(principals.split())}}],
                "to": [{"operation": {"ports": ["8082"]}}],
            },
        ],
    }


def test_a_published_gateway_which_never_says_who_it_is_is_not_shut_out(dashboard):
    state = dashboard.settle(databags={"ingress": {"_supported_versions": "- v1\n- v2\n"}})
    assert state.unit_status == testing.ActiveStatus()
    assert not [kind for kind in dashboard.deployment.cluster.kinds() if "Policy" in kind]


OURS = {"_supported_versions": '["v1", "v2"]', "tells-principals": "true"}


@pytest.mark.parametrize("databag", [None, {}, OURS])
def test_before_a_gateway_has_said_who_it_is_nobody_reaches_the_pages(dashboard, databag):
    state = dashboard.settle(databags={"ingress": databag})
    assert state.unit_status == testing.ActiveStatus()
    (anyone,) = dashboard.deployment.cluster.find("NetworkPolicy", "kubeflow-dashboard")["spec"]["ingress"]
    assert [(item["port"], item["endPort"]) for item in anyone["ports"]] == [(1, 8081), (8083, 65535)]


def test_nobody_reaches_the_pages_once_the_gateway_has_gone(dashboard):
    before = dashboard.settle()
    relation = before.get_relations("ingress")[0]
    dashboard.deployment.run(dashboard.deployment.context.on.relation_broken(relation), before)
    assert len(dashboard.deployment.cluster.find("NetworkPolicy", "kubeflow-dashboard")["spec"]["ingress"]) == 1


def test_nobody_reaches_the_pages_while_a_gateway_says_what_is_wrong(dashboard):
    dashboard.settle(databags={"ingress": {"principals": "*"}})
    assert len(dashboard.deployment.cluster.find("NetworkPolicy", "kubeflow-dashboard")["spec"]["ingress"]) == 1


def test_pods_other_than_the_gateways_do_not_reach_the_pages_but_reach_all_else(dashboard):
    principals = "cluster.local/ns/edge/sa/a cluster.local/ns/edge/sa/b cluster.local/ns/front/sa/c"
    dashboard.settle(databags={"ingress": {"principals": principals}})
    policy = dashboard.deployment.cluster.find("NetworkPolicy", "kubeflow-dashboard")["spec"]
    assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "kubeflow-dashboard"}}
    anyone, gateways = policy["ingress"]
    assert [(item["port"], item["endPort"]) for item in anyone["ports"]] == [(1, 8081), (8083, 65535)]
    assert gateways["ports"] == [{"port": 8082, "protocol": "TCP"}]
    assert gateways["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "podSelector": {"matchLabels": {"istio": "ingressgateway"}},
        }
        for namespace in ("edge", "front")
    ]


def test_at_the_last_port_there_is_none_above_it_to_open(dashboard):
    dashboard.settle(config={"port": 65535})
    policy = dashboard.deployment.cluster.find("NetworkPolicy", "kubeflow-dashboard")["spec"]
    assert [(item["port"], item["endPort"]) for item in policy["ingress"][0]["ports"]] == [(1, 65534)]


def test_a_gateway_with_an_identity_that_is_none_blocks_naming_it(dashboard):
    status = dashboard.settle(databags={"ingress": {"principals": "*"}}).unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "relation ingress" in status.message


def test_the_workload_has_an_identity_of_its_own_that_reads_no_secret_and_no_pod(dashboard):
    dashboard.settle()
    cluster = dashboard.deployment.cluster
    namespaced = cluster.find("Role", "kubeflow-dashboard-dashboard")["rules"]
    everywhere = cluster.find("ClusterRole", "edge-kubeflow-dashboard-dashboard")["rules"]
    assert [(rule["resources"], rule["verbs"]) for rule in namespaced] == [
        (["configmaps"], ["get"]),
        (["applications"], ["list"]),
    ]
    assert namespaced[0]["resourceNames"] == ["centraldashboard-config"]
    assert [(rule["resources"], rule["verbs"]) for rule in everywhere] == [
        (["nodes"], ["list"]),
        (["events"], ["list"]),
    ]


def test_events_are_out_of_its_reach_if_an_option_says_so(dashboard):
    dashboard.settle(config={"show-activity": False})
    everywhere = dashboard.deployment.cluster.find("ClusterRole", "edge-kubeflow-dashboard-dashboard")["rules"]
    assert [(rule["resources"], rule["verbs"]) for rule in everywhere] == [(["nodes"], ["list"])]


def test_a_memory_limit_reaches_the_container(dashboard):
    dashboard.settle(config={"memory": "512Mi"})
    containers = dashboard.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limits = {container["name"]: container.get("resources") for container in containers}
    assert limits["dashboard"] == {"limits": {"memory": "512Mi"}}


def test_without_a_change_nothing_is_done_and_kubernetes_is_asked_nothing(dashboard):
    state = dashboard.settle()
    dashboard.deployment.cluster.calls.clear()
    again = dashboard.deployment.run(dashboard.deployment.context.on.update_status(), state)
    assert again.get_container("dashboard").plan == state.get_container("dashboard").plan
    assert dashboard.deployment.cluster.calls == []


def test_other_user_interfaces_are_shown_beside_the_menu(dashboard):
    dashboard.settle()
    data = dashboard.deployment.cluster.find("ConfigMap", "centraldashboard-config")["data"]
    assert json.loads(data["settings"]) == {"DASHBOARD_FORCE_IFRAME": True}
