import json

import pytest
from ops import testing

PORTS = {"5000", "5001", "5002"}


def test_the_dashboard_gets_four_links(notebooks):
    links = json.loads(notebooks.sent(notebooks.settle(), "dashboard-links")["dashboard_links"])
    assert [(link["text"], link["link"], link["location"]) for link in links] == [
        ("Notebooks", "/jupyter/", "menu"),
        ("Volumes", "/volumes/", "menu"),
        ("TensorBoards", "/tensorboards/", "menu"),
        ("Create a new Notebook server", "/jupyter/new", "quick"),
    ]


@pytest.mark.parametrize(("page", "port"), [("jupyter", 5000), ("volumes", 5001), ("tensorboards", 5002)])
def test_each_page_has_a_route_of_its_own(notebooks, page, port):
    sent = notebooks.sent(notebooks.settle(), f"ingress-{page}")
    assert json.loads(sent["data"]) == {"service": "notebooks", "port": port, "prefix": f"/{page}/", "rewrite": "/"}


def test_profiles_are_told_who_asks_servers_when_they_were_used(notebooks):
    assert notebooks.sent(notebooks.settle(), "kubeflow-profiles") == {
        "_supported_versions": '["v1"]',
        "role": "notebooks",
        "principal": "cluster.local/ns/edge/sa/notebooks",
    }


def test_only_pods_outside_the_mesh_learn_when_a_server_was_used_and_nothing_else(notebooks):
    sent = notebooks.sent(notebooks.configured(enable_culling=True), "authorization-policies")
    (policy,) = json.loads(sent["kubernetes_manifests"])
    assert policy["kind"] == "AuthorizationPolicy"
    assert policy["spec"]["rules"] == [
        {
            "from": [{"source": {"notPrincipals": ["*"]}}],
            "to": [{"operation": {"methods": ["GET"], "paths": ["*/api/kernels"]}}],
        }
    ]


def test_where_servers_go_on_no_policy_is_sent(notebooks):
    state = notebooks.configured(enable_culling=False)
    assert json.loads(notebooks.sent(state, "authorization-policies")["kubernetes_manifests"]) == []


def test_pages_and_webhooks_are_reached_at_the_applications_service(notebooks):
    assert {port.port for port in notebooks.settle().opened_ports} == {5000, 5001, 5002, 9443}


def test_the_unit_needs_neither_routes_nor_dashboard_nor_profiles_to_be_active(notebooks):
    missing = dict.fromkeys(
        (
            "authorization-policies",
            "dashboard-links",
            "ingress-jupyter",
            "ingress-tensorboards",
            "ingress-volumes",
            "kubeflow-profiles",
        )
    )
    assert isinstance(notebooks.settle(databags=missing).unit_status, testing.ActiveStatus)


def open_to_pods(notebooks) -> set[str]:
    """Return the ports, each by itself, that some pod reaches of whom it is said which."""
    rules = notebooks.cluster.find("NetworkPolicy", "notebooks")["spec"]["ingress"]
    named = [rule for rule in rules if any("podSelector" in peer for peer in rule.get("from", ()))]
    assert not any(port["port"] <= 5000 <= port["endPort"] for port in rules[0]["ports"])
    return {str(port["port"]) for rule in named for port in rule["ports"]}


def test_nobody_but_the_gateway_reaches_the_pages(notebooks):
    notebooks.settle()
    spec = notebooks.cluster.find("NetworkPolicy", "notebooks")["spec"]
    pages = [rule for rule in spec["ingress"] if "podSelector" in rule.get("from", [{}])[0]]
    fenced = {str(rule["ports"][0]["port"]) for rule in pages}
    peers = [peer["podSelector"]["matchLabels"] for rule in pages for peer in rule["from"]]
    assert fenced == PORTS
    assert all(peer == {"istio": "ingressgateway"} for peer in peers)


def test_the_api_server_reaches_the_webhooks_and_no_pod_of_a_profile(notebooks):
    notebooks.settle()
    spec = notebooks.cluster.find("NetworkPolicy", "notebooks")["spec"]
    (everybody,) = [rule for rule in spec["ingress"] if "from" not in rule]
    assert not any(port["port"] <= 9443 <= port["endPort"] for port in everybody["ports"])
    (webhooks,) = [rule for rule in spec["ingress"] if rule["ports"] == [{"port": 9443, "protocol": "TCP"}]]
    assert {"cidr": "0.0.0.0/0", "except": ["192.0.0.0/16"]} in [peer.get("ipBlock") for peer in webhooks["from"]]


PAGES = ("jupyter", "volumes", "tensorboards")


def test_a_published_gateway_which_never_says_who_it_is_is_not_shut_out(notebooks):
    databags = {f"ingress-{page}": {"_supported_versions": "- v1\n- v2\n"} for page in PAGES}
    assert isinstance(notebooks.settle(databags=databags).unit_status, testing.ActiveStatus)
    assert "AuthorizationPolicy notebooks" not in notebooks.cluster.kinds()
    everybody, *_ = notebooks.cluster.find("NetworkPolicy", "notebooks")["spec"]["ingress"]
    assert any(port["port"] <= 5000 <= port["endPort"] for port in everybody["ports"])


@pytest.mark.parametrize("databag", [None, {}, {"_supported_versions": '["v1"]', "tells-principals": "true"}])
def test_before_a_gateway_has_said_who_it_is_nobody_reaches_the_pages(notebooks, databag):
    assert isinstance(
        notebooks.settle(databags={f"ingress-{page}": databag for page in PAGES}).unit_status, testing.ActiveStatus
    )
    everybody, *_ = notebooks.cluster.find("NetworkPolicy", "notebooks")["spec"]["ingress"]
    assert not [port for port in everybody["ports"] if port["port"] <= 5000 <= port["endPort"]]


def test_nobody_reaches_the_pages_while_a_gateway_says_what_is_wrong(notebooks):
    notebooks.settle(databags={f"ingress-{page}": {"principals": "*"} for page in PAGES})
    assert not open_to_pods(notebooks) & PORTS


def test_nobody_reaches_the_pages_where_kubernetes_authorises_nothing(notebooks):
    notebooks.cluster.authorises = False
    notebooks.settle(databags={f"ingress-{page}": None for page in PAGES})
    assert not open_to_pods(notebooks) & PORTS


def test_a_gateway_that_goes_away_leaves_everything_running(notebooks):
    before = notebooks.settle()
    relation = before.get_relations("gateway-info")[0]
    after = notebooks.deployment.run(notebooks.deployment.context.on.relation_broken(relation), before)
    assert {it.name: it.plan for it in after.containers} == {it.name: it.plan for it in before.containers}


STORE = {
    "_supported_versions": '["v1"]',
    "data": json.dumps(
        {
            "access-key": "minio",
            "secret-key": "hush",
            "service": "minio",
            "port": 9000,
            "secure": False,
            "namespace": None,
        }
    ),
}


def variables(notebooks, state):
    (found,) = json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"])
    return {item["name"]: item.get("value") for item in found["spec"]["env"]}


def related_to_a_store(notebooks):
    return notebooks.settle(databags={"object-storage": STORE, "pod-defaults": {}, "secrets": {}})


def test_with_an_object_store_users_may_tick_access_to_it(notebooks):
    state = related_to_a_store(notebooks)
    (found,) = json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"])
    assert found["metadata"]["name"] == "access-minio"
    assert found["spec"]["selector"] == {"matchLabels": {"access-minio": "true"}}
    assert variables(notebooks, state)["S3_ENDPOINT"] == "http://minio.edge.svc:9000"
    assert variables(notebooks, state)["S3_USE_HTTPS"] == "0"


def test_the_stores_keys_go_to_users_namespaces_in_a_juju_secret_alone(notebooks):
    state = related_to_a_store(notebooks)
    sent = notebooks.sent(state, "secrets")
    assert sent["is_secret"] == "true"
    content = state.get_secret(label="user-secrets").latest_content
    assert json.loads(content["manifests"])[0]["stringData"] == {
        "AWS_ACCESS_KEY_ID": "minio",
        "AWS_SECRET_ACCESS_KEY": "hush",
    }
    said = [relation.local_app_data for relation in state.relations]
    assert "hush" not in str(said) + str(notebooks.cluster.objects) + str(notebooks.deployment.files)


def test_where_profiles_have_logins_of_their_own_users_have_these_and_no_common_one(notebooks):
    said = json.loads(STORE["data"]) | {"profile-logins": "secret:d0erdgfmp25c762i8np0"}
    store = {**STORE, "data": json.dumps(said)}
    state = notebooks.settle(databags={"object-storage": store, "pod-defaults": {}, "secrets": {}})
    (found,) = json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"])
    named = [item["valueFrom"]["secretKeyRef"] for item in found["spec"]["env"] if "valueFrom" in item]
    assert {item["name"] for item in named} == {"mlpipeline-minio-artifact"}
    assert notebooks.sent(state, "secrets")["kubernetes_manifests"] == "[]"


@pytest.mark.parametrize(
    ("logins", "secret"),
    [({}, "access-minio"), ({"profile-logins": "secret:d0erdgfmp25c762i8np0"}, "mlpipeline-minio-artifact")],
)
def test_a_store_with_an_authority_of_its_own_is_trusted(notebooks, logins, secret):
    said = json.loads(STORE["data"]) | {"secure": True, "authority": "CA", **logins}
    store = {**STORE, "data": json.dumps(said)}
    state = notebooks.settle(databags={"object-storage": store, "pod-defaults": {}, "secrets": {}})
    (found,) = json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"])
    (volume,), (mount,) = found["spec"]["volumes"], found["spec"]["volumeMounts"]
    assert volume["secret"]["secretName"] == secret
    told = variables(notebooks, state)
    assert told["AWS_CA_BUNDLE"] == told["S3_CA_FILE"] == f"{mount['mountPath']}/ca.crt"
    if not logins:
        content = state.get_secret(label="user-secrets").latest_content
        assert json.loads(content["manifests"])[0]["stringData"]["ca.crt"] == "CA"


def test_it_asks_for_no_bucket_of_its_own(notebooks):
    assert notebooks.sent(related_to_a_store(notebooks), "object-storage")["buckets"] == "[]"


def test_without_an_object_store_users_get_nothing(notebooks):
    state = notebooks.settle(databags={"pod-defaults": {}, "secrets": {}})
    assert json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"]) == []
    assert notebooks.sent(state, "secrets")["kubernetes_manifests"] == "[]"


def test_a_store_that_says_nothing_yet_is_waited_for_while_everything_runs(notebooks):
    state = notebooks.settle(databags={"object-storage": {}})
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert all(container.plan.services for container in state.containers)


def test_users_may_leave_the_cluster_by_the_models_proxy(notebooks, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTP_PROXY", "http://proxy:3128")
    state = notebooks.settle(databags={"pod-defaults": {}})
    sent = json.loads(notebooks.sent(state, "pod-defaults")["kubernetes_manifests"])
    (found,) = [item for item in sent if item["metadata"]["name"] == "use-proxy"]
    assert found["spec"]["selector"] == {"matchLabels": {"use-proxy": "true"}}
    variables = {item["name"]: item["value"] for item in found["spec"]["env"]}
    assert variables["http_proxy"] == variables["HTTP_PROXY"] == "http://proxy:3128"
    assert {".svc", ".{{ NAMESPACE }}"} <= set(variables["NO_PROXY"].split(","))
