import json

import pytest
from ops import testing

CONTROLLER, ROUTES, PAGE = "kserve-controller", "model-routes", "models-web-app"


def test_with_its_relations_the_unit_is_active_and_says_where_models_are(serving):
    status = serving.settle().unit_status
    assert status == testing.ActiveStatus("https://kubeflow.example.com/serving/NAMESPACE/NAME/")


def test_without_a_gateway_it_says_what_to_type(serving):
    state = serving.settle(databags={"gateway-info": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate serving:gateway-info" in state.unit_status.message


def test_without_store_dashboard_and_page_models_are_served_all_the_same(serving):
    missing = dict.fromkeys(("ingress", "dashboard-links", "object-storage", "secrets", "service-accounts"))
    state = serving.settle(databags=missing)
    assert state.unit_status == testing.ActiveStatus()
    assert serving.program(state, CONTROLLER)
    assert serving.program(state, ROUTES)


def test_kserve_finds_its_configuration_in_the_model_and_agrees_with_its_like_on_one(serving):
    program = serving.program(serving.settle(), CONTROLLER)
    assert program.environment["POD_NAMESPACE"] == "edge"
    assert "--leader-elect" in program.command
    (owner,) = serving.cluster.find("Lease", "kserve-controller-manager-leader-lock")["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("StatefulSet", "serving")


def test_models_are_served_by_deployments_without_an_ingress_of_kserves(serving):
    serving.settle()
    assert serving.section("deploy") == {"defaultDeploymentMode": "RawDeployment"}
    ingress = serving.section("ingress")
    assert (ingress["disableIngressCreation"], ingress["ingressGateway"]) == (True, "edge/kubeflow-gateway")
    assert ingress["ingressDomain"] == "cluster.local"


def test_models_get_no_token_of_kubernetes(serving):
    serving.settle()
    assert serving.section("security") == {"autoMountServiceAccountToken": False}


def test_what_kserve_reads_only_as_it_starts_starts_it_anew(serving):
    before = serving.settle()
    after = serving.reconfigure(before, gpu_resources="nvidia.com/mig-1g.5gb")
    assert serving.section("multiNode") == {"customGPUResourceTypeList": ["nvidia.com/mig-1g.5gb"]}
    assert serving.program(after, CONTROLLER).summary != serving.program(before, CONTROLLER).summary


def test_an_image_changes_without_the_controller(serving):
    before = serving.settle()
    after = serving.reconfigure(before, custom_images="{configmap__agent: 'registry.site/agent:2'}")
    assert serving.section("agent")["image"] == "registry.site/agent:2"
    assert serving.program(after, CONTROLLER).summary == serving.program(before, CONTROLLER).summary


def test_routes_lead_from_the_related_gateway(serving):
    serving.settle()
    settings = json.loads(serving.deployment.files[ROUTES]["/etc/model-routes/settings.json"].text)
    assert (settings["gateway"], settings["proxies"]) == ("edge/kubeflow-gateway", "edge")
    assert settings["profiles"] == "app.kubernetes.io/part-of=kubeflow-profile"


def test_the_page_asks_kubernetes_what_a_user_may_do(serving):
    environment = serving.program(serving.settle(), PAGE).environment
    assert environment["APP_DISABLE_AUTH"] == "False"
    assert (environment["USERID_HEADER"], environment["USERID_PREFIX"]) == ("kubeflow-userid", "")
    assert environment["APP_SECURE_COOKIES"] == "True"


def test_a_follower_serves_webhooks_and_the_page_too(serving):
    leaders = serving.settle()
    follower = serving.settle(leader=False, secrets=leaders.secrets)
    assert isinstance(follower.unit_status, testing.ActiveStatus)
    assert all(serving.program(follower, container) for container in (CONTROLLER, ROUTES, PAGE))


@pytest.mark.parametrize("container", [CONTROLLER, ROUTES, PAGE])
def test_a_memory_limit_reaches_its_container_alone(serving, container):
    serving.configured(memory=f"{container}=300Mi")
    containers = serving.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limited = {item["name"]: item["resources"]["limits"]["memory"] for item in containers if "resources" in item}
    assert limited == {container: "300Mi"}
