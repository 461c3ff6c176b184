import pytest
from ops import testing

from .conftest import PROGRAMS, SYSTEM


def test_with_its_gateway_the_unit_is_active_and_runs_all_programs(knative):
    state = knative.settle()
    assert state.unit_status == testing.ActiveStatus()
    assert all(knative.program(state, container) for container in PROGRAMS)


def test_without_a_gateway_it_says_what_to_type(knative):
    state = knative.settle(databags={"gateway-info": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate knative:gateway-info" in state.unit_status.message


def test_programs_that_list_secrets_look_into_a_namespace_without_others(knative):
    state = knative.settle()
    looked = {it: knative.program(state, it).environment["SYSTEM_NAMESPACE"] for it in PROGRAMS}
    assert looked == {
        "knative-controller": "edge",
        "activator": SYSTEM,
        "webhook": SYSTEM,
        "net-istio-controller": "edge",
    }
    secrets = [path for path in knative.cluster.objects if f"/{SYSTEM}/secrets/" in path]
    assert secrets == [f"/api/v1/namespaces/{SYSTEM}/secrets/webhook-certs"]


def test_programs_of_one_pod_have_ports_of_their_own(knative):
    state = knative.settle()
    used = [
        knative.program(state, container).environment[name]
        for container in PROGRAMS
        for name in ("METRICS_PROMETHEUS_PORT", "PROFILING_PORT")
    ]
    assert len(set(used)) == len(used)
    assert not {"8012", "8013", "8080", "8443"} & set(used)


def test_the_activator_finds_the_autoscaler_of_the_model(knative):
    knative.settle()
    service = knative.cluster.objects[f"/api/v1/namespaces/{SYSTEM}/services/autoscaler"]["spec"]
    assert (service["type"], service["externalName"]) == ("ExternalName", "autoscaler.edge.svc.cluster.local")
    pod = knative.cluster.find("Deployment", "knative-autoscaler")["spec"]["template"]
    found = knative.cluster.objects["/api/v1/namespaces/edge/services/autoscaler"]["spec"]
    assert found["selector"].items() <= pod["metadata"]["labels"].items()


def test_the_controller_finds_the_activator_though_another_program_is_not_ready(knative):
    knative.settle()
    service = knative.cluster.objects["/api/v1/namespaces/edge/services/activator-service"]["spec"]
    assert service["publishNotReadyAddresses"] is True
    assert {port["name"]: port["targetPort"] for port in service["ports"]} == {"http": 8012, "http2": 8013}


def test_configuration_that_is_followed_starts_no_program_anew(knative):
    before = knative.settle()
    after = knative.reconfigure(before, stable_window="30s")
    assert knative.configuration("config-autoscaler")["stable-window"] == "30s"
    for container in PROGRAMS:
        assert knative.program(after, container).summary == knative.program(before, container).summary


def test_registries_are_asked_through_the_models_proxy(knative, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy.site:3128")
    state = knative.settle()
    assert knative.program(state, "knative-controller").environment["HTTPS_PROXY"] == "http://proxy.site:3128"
    assert "HTTPS_PROXY" not in knative.program(state, "activator").environment


def test_a_follower_runs_all_programs_too(knative):
    leaders = knative.settle()
    follower = knative.settle(leader=False, secrets=leaders.secrets)
    assert isinstance(follower.unit_status, testing.ActiveStatus)
    assert all(knative.program(follower, container) for container in PROGRAMS)


@pytest.mark.parametrize("container", PROGRAMS)
def test_a_memory_limit_reaches_its_container_alone(knative, container):
    knative.configured(memory=f"{container}=300Mi")
    containers = knative.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limited = {item["name"]: item["resources"]["limits"]["memory"] for item in containers if "resources" in item}
    assert limited == {container: "300Mi"}


def test_the_autoscalers_memory_is_limited_in_its_own_pod(knative):
    knative.configured(memory="autoscaler=300Mi")
    (container,) = knative.cluster.find("Deployment", "knative-autoscaler")["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "300Mi"}
    assert container["securityContext"]["runAsNonRoot"] is True
