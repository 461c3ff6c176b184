"""How istiod runs, and what its options do."""

import base64
import json

import pytest
from ops import testing


def service(state):
    return state.get_container("istiod").plan.services["istiod"]


def test_istiod_runs_and_is_asked_whether_it_is_ready(pilot):
    state = pilot.settle(pilot.gatekeeper())
    assert service(state).command.startswith("/usr/local/bin/pilot-discovery discovery ")
    assert state.get_container("istiod").plan.checks["istiod"].http == {"url": "http://localhost:8080/ready"}


def test_istiod_signs_with_the_authority_of_the_application_which_outlives_the_pod(pilot):
    state = pilot.settle(pilot.gatekeeper())
    before = pilot.deployment.files["istiod"]["/etc/cacerts/ca-cert.pem"].text
    pilot.deployment.files.clear()
    pilot.settle(pilot.gatekeeper(), secrets=state.secrets)
    assert pilot.deployment.files["istiod"]["/etc/cacerts/ca-cert.pem"].text == before


def test_the_authoritys_key_is_in_a_file_that_only_istiod_reads_and_nowhere_else(pilot):
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway())
    file = pilot.deployment.files["istiod"]["/etc/cacerts/ca-key.pem"]
    private = file.text.splitlines()[1]
    assert file.mode == 0o600
    log = " ".join(line.message for line in pilot.deployment.context.juju_log)
    container = state.get_container("istiod")
    public = [str(pilot.deployment.cluster.objects), log, container.plan.to_yaml(), *map(str, state.relations)]
    assert not [text for text in public if private in text]


def test_istiod_has_an_account_of_its_own_with_upstreams_rights(pilot):
    state = pilot.settle(pilot.gatekeeper())
    assert service(state).environment["SERVICE_ACCOUNT"] == "istio-pilot-istiod"
    rules = pilot.found("ClusterRole")["edge-istio-pilot-istiod"]["rules"]
    assert not [rule for rule in rules if "*" in rule["verbs"] or "*" in rule["apiGroups"]]


@pytest.mark.parametrize(("telemetry", "switch"), [(False, "false"), (True, "true")])
def test_istios_own_filters_run_only_with_telemetry(pilot, telemetry, switch):
    state = pilot.settle(pilot.gatekeeper(), config={"telemetry": telemetry})
    assert service(state).environment["PILOT_ENABLE_METADATA_EXCHANGE"] == switch
    assert service(state).environment["PILOT_ENABLE_ALPN_FILTER"] == switch
    assert ("defaultProviders" in pilot.mesh) is not telemetry


def test_the_sidecars_image_is_the_options(pilot):
    pilot.settle(pilot.gatekeeper(), config={"proxy-image": "registry.example.com/istio/proxyv2:1.28.0"})
    assert pilot.sidecar == "registry.example.com/istio/proxyv2:1.28.0"


def test_a_registry_of_ones_own_has_the_sidecar(pilot):
    pilot.settle(pilot.gatekeeper(), config={"image-registry": "registry.site:5000"})
    assert pilot.sidecar.startswith("registry.site:5000/istio/proxyv2:")


def test_webhooks_are_registered_only_when_istiod_answers(pilot):
    deployment = pilot.deployment
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert pilot.found("Gateway")
    assert not pilot.found("MutatingWebhookConfiguration")
    deployment.settle(state)
    assert list(pilot.found("MutatingWebhookConfiguration")) == ["istio-sidecar-injector-edge"]
    assert list(pilot.found("ValidatingWebhookConfiguration")) == ["istio-validator-edge"]


def test_webhooks_trust_the_authority_of_istiod_and_stay_away_from_its_own_pods(pilot):
    pilot.settle(pilot.gatekeeper())
    certificate = pilot.deployment.files["istiod"]["/etc/cacerts/ca-cert.pem"].text
    webhooks = pilot.found("MutatingWebhookConfiguration")["istio-sidecar-injector-edge"]["webhooks"]
    own = {"key": "app.kubernetes.io/name", "operator": "NotIn", "values": ["istio-pilot"]}
    for webhook in webhooks:
        assert base64.b64decode(webhook["clientConfig"]["caBundle"]).decode() == certificate
        assert own in webhook["objectSelector"]["matchExpressions"]


def test_a_hook_without_a_change_asks_nothing_of_kubernetes(pilot):
    state = pilot.settle(pilot.gatekeeper(), pilot.gateway())
    pilot.deployment.cluster.calls.clear()
    pilot.again(state, *state.relations)
    assert pilot.deployment.cluster.calls == []


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("default_gateway", "My Gateway", "it is no name, expected small letters, digits and hyphens"),
        ("default_gateway", "", "'' is no name, expected small letters, digits and hyphens"),
        ("proxy_image", "", "'' is no image, expected for example"),
        ("memory", "much", "it is no quantity, expected for example 256Mi"),
    ],
)
def test_a_bad_option_blocks_by_its_name_and_says_what_is_expected(pilot, option, value, expected):
    message = pilot.blocked(**{option: value})
    assert message.startswith(f"option {option.replace('_', '-')}: {expected}")


def test_a_bad_option_leaves_istiod_the_cluster_and_the_databags_as_they_were(pilot):
    before = pilot.settle(pilot.gatekeeper(), pilot.gateway())
    objects = dict(pilot.deployment.cluster.objects)
    after = pilot.reconfigure(before, memory="much", telemetry=True)
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert after.get_container("istiod").plan == before.get_container("istiod").plan
    assert after.get_container("istiod").services["istiod"].is_running()
    assert pilot.found("Gateway") == {item["metadata"]["name"]: item for item in gateways(objects)}
    assert {relation.endpoint: relation.local_app_data for relation in after.relations} == {
        relation.endpoint: relation.local_app_data for relation in before.relations
    }


def gateways(objects):
    return [item for item in objects.values() if item["kind"] == "Gateway"]


def test_a_corrected_option_makes_the_unit_active_again(pilot):
    state = pilot.reconfigure(pilot.settle(pilot.gatekeeper()), default_gateway="-")
    assert pilot.reconfigure(state, default_gateway="kubeflow-gateway").unit_status == testing.ActiveStatus()


def test_a_namesake_of_another_model_is_named_and_left_alone(pilot):
    path = "/apis/networking.istio.io/v1/namespaces/edge/gateways/istio-gateway"
    theirs = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "istio-gateway"}}
    pilot.deployment.cluster.add(path, dict(theirs), manager="kubectl")
    message = pilot.blocked(pilot.gatekeeper())
    assert "Gateway istio-gateway belongs to kubectl" in message
    assert "spec" not in pilot.found("Gateway")["istio-gateway"]


def test_istiod_and_the_routes_have_the_clusters_own_domain(pilot, monkeypatch):
    monkeypatch.setattr("kubeflow_charms.networking.network.cluster_domain", lambda: "k8s.example.org")
    state = pilot.settle(pilot.gatekeeper())
    assert "--domain=k8s.example.org " in service(state).command
    values = json.loads(pilot.deployment.files["istiod"]["/var/lib/istio/inject/values"].text)
    assert values["global"]["proxy"]["clusterDomain"] == "k8s.example.org"
    assert "cluster.local/" not in json.dumps([values])


def test_istiod_does_not_start_while_nobody_says_who_is_to_be_kept_off_its_webhooks(pilot) -> None:
    pilot.cluster.refuse = lambda request: 500 if request.url.path == "/api/v1/nodes" else None
    assert not pilot.settle().get_container("istiod").plan.services
