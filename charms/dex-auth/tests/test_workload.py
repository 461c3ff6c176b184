import json

from ops import testing

MARKERS = ("password-marker", "connector-marker", "client-marker")


def test_dex_is_asked_for_its_health_at_its_port(dex):
    check = dex.settle(config={"port": 5600}).get_container("dex").plan.checks["dex"]
    assert check.http == {"url": "http://localhost:5600/dex/healthz"}


def test_what_differs_between_releases_of_dex_is_said(dex):
    environment = dex.settle().get_container("dex").plan.services["dex"].environment
    switches = {name: value for name, value in environment.items() if name.startswith("DEX_")}
    assert [name for name, value in switches.items() if value == "true"] == ["DEX_CONTINUE_ON_CONNECTOR_FAILURE"]
    assert set(switches) > {"DEX_EXPAND_ENV", "DEX_SESSIONS_ENABLED", "DEX_API_CONNECTORS_CRUD"}
    assert dex.configuration["oauth2"]["responseTypes"] == ["code"]
    assert dex.configuration["expiry"]["idTokens"] == "24h"


def test_a_log_in_that_nobody_ends_is_kept_no_longer_than_the_gatekeeper_waits_for_it(dex):
    dex.settle()
    expiry = dex.configuration["expiry"]
    assert (expiry["authRequests"], expiry["deviceRequests"]) == ("15m", "5m")


def test_dex_listens_at_addresses_of_both_kinds(dex):
    dex.settle()
    assert (dex.configuration["web"], dex.configuration["telemetry"]) == ({"http": ":5556"}, {"http": ":5558"})


def test_the_ports_of_pages_and_metrics_are_open(dex):
    assert dex.settle(config={"port": 5600}).opened_ports == {testing.TCPPort(5600), testing.TCPPort(5558)}


def test_dex_keeps_its_state_in_the_models_namespace(dex):
    state = dex.settle()
    assert dex.configuration["storage"] == {
        "type": "kubernetes",
        "config": {"inCluster": True, "crdHandling": "check"},
    }
    assert state.get_container("dex").plan.services["dex"].environment["KUBERNETES_POD_NAMESPACE"] == "edge"


def test_a_changed_configuration_restarts_dex(dex):
    before = dex.settle()
    after = dex.reconfigure(before, public_url="http://a.example.com")
    services = [state.get_container("dex").plan.services["dex"] for state in (before, after)]
    assert services[0] != services[1]


def test_an_unchanged_configuration_changes_nothing_and_asks_kubernetes_nothing(dex):
    state = dex.settle()
    dex.deployment.cluster.calls.clear()
    again = dex.deployment.run(dex.deployment.context.on.update_status(), state)
    assert again.get_container("dex").plan == state.get_container("dex").plan
    assert dex.deployment.cluster.calls == []


def test_dex_may_touch_its_own_objects_and_nothing_else(dex):
    dex.settle()
    roles = [item for item in dex.deployment.cluster.objects.values() if item["kind"] in ("Role", "ClusterRole")]
    rules = [rule for role in roles for rule in role["rules"]]
    granted = {(group, resource) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"]}
    assert granted == {("dex.coreos.com", "*"), ("apiextensions.k8s.io", "customresourcedefinitions")}


def test_the_charm_makes_every_crd_that_dex_wants(dex):
    dex.settle()
    crds = [item for item in dex.deployment.cluster.objects.values() if item["kind"] == "CustomResourceDefinition"]
    assert len(crds) == 12
    assert {crd["spec"]["group"] for crd in crds} == {"dex.coreos.com"}


def test_no_secret_is_in_a_layer_a_databag_a_log_a_status_or_the_cluster(dex):
    user = testing.Secret({"username": "alice", "password": MARKERS[0]})
    keys = testing.Secret({"key": MARKERS[1]})
    granted = testing.Secret({"secret": MARKERS[2]})
    registered = {"id": "a", "name": "A", "redirectURIs": ["/a"], "secret": granted.id}
    databag = {"_supported_versions": '["v1"]', "data": json.dumps(registered)}
    state = dex.settle(
        config={
            "static-credentials-secret": user.id,
            "connectors-secret": keys.id,
            "connectors": "[{type: github, id: g, name: G, config: {clientSecret: $key}}]",
        },
        secrets=[user, keys, granted],
        relations=[testing.Relation("oidc-client", remote_app_data=databag), testing.Relation("dex-oidc-config")],
    )
    assert state.unit_status == testing.ActiveStatus()
    databags = [str(relation.local_app_data) for relation in state.relations]
    log = [line.message for line in dex.deployment.context.juju_log]
    container = state.get_container("dex")
    public = " ".join(
        [container.plan.to_yaml(), str(container.layers), *databags, *log, str(dex.deployment.cluster.objects)]
    )
    assert [marker for marker in MARKERS if marker in dex.text] == [MARKERS[1], MARKERS[2]]
    assert not [value for value in (*MARKERS, dex.user["hash"]) if value in public]


def test_the_configuration_is_a_file_that_only_dex_reads(dex):
    dex.settle()
    assert dex.deployment.files["dex"]["/etc/dex/configuration.yaml"].mode == 0o600


def test_a_generated_password_is_in_no_file_and_no_log(dex):
    state = dex.settle()
    password = dex.act("get-admin-password", state)["password"]
    assert password not in dex.text
    assert not [line for line in dex.deployment.context.juju_log if password in line.message]


def test_dex_leaves_the_cluster_by_the_models_proxy(dex, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    state = dex.settle(
        config={"connectors": "[{type: oidc, id: a, name: A, config: {issuer: 'https://sso.example.com'}}]"}
    )
    plan = state.get_container("dex").plan
    assert plan.services["dex"].environment["HTTPS_PROXY"] == "http://proxy:3128"
    assert ".svc" in plan.services["dex"].environment["NO_PROXY"].split(",")
    assert set(plan.checks) == {"dex"}
