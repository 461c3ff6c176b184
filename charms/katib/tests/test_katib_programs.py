import pytest
from ops import testing

CONTROLLER, MANAGER, PAGE = "katib-controller", "katib-db-manager", "katib-ui"


def test_with_its_relations_the_unit_is_active_and_says_where_the_page_is(katib):
    assert katib.settle().unit_status == testing.ActiveStatus("https://kubeflow.example.com/katib/")


def test_without_a_gateway_experiments_run_all_the_same(katib):
    assert katib.settle(databags={"ingress": None, "dashboard-links": None}).unit_status == testing.ActiveStatus()


def test_all_programs_find_the_database_manager_by_the_name_that_the_sdk_knows(katib):
    state = katib.settle()
    told = {
        "KATIB_CORE_NAMESPACE": "edge",
        "KATIB_DB_MANAGER_SERVICE_NAMESPACE": "edge",
        "KATIB_DB_MANAGER_SERVICE_IP": "katib-db-manager",
        "KATIB_DB_MANAGER_SERVICE_PORT": "6789",
    }
    for container in (CONTROLLER, PAGE):
        assert katib.program(state, container).environment.items() >= told.items()
    service = katib.cluster.find("Service", "katib-db-manager")["spec"]
    assert service["ports"] == [{"name": "api", "port": 6789, "targetPort": 6789, "protocol": "TCP"}]
    assert service["selector"] == {"app.kubernetes.io/name": "katib"}


def test_no_proxy_comes_between_the_controller_and_algorithms_in_profiles(katib, monkeypatch):
    """It calls them by NAME.PROFILE over gRPC, which goes by HTTPS_PROXY, and no list holds all profiles."""
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    environment = katib.program(katib.settle(), CONTROLLER).environment
    assert [name for name in environment if "proxy" in name.lower()] == []


def test_the_page_asks_kubernetes_what_a_user_may_do(katib):
    environment = katib.program(katib.settle(), PAGE).environment
    assert environment["APP_DISABLE_AUTH"] == "false"
    assert (environment["USERID_HEADER"], environment["USERID_PREFIX"]) == ("kubeflow-userid", "")


def test_units_agree_on_one_whose_controller_works(katib):
    katib.settle()
    controller = katib.initial()["controller"]
    assert (controller["enableLeaderElection"], controller["leaderElectionID"]) == (True, "katib-leader")
    (owner,) = katib.cluster.find("Lease", "katib-leader")["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("StatefulSet", "katib")
    rules = katib.cluster.find("Role", "katib-katib-controller")["rules"]
    assert [(rule["resourceNames"], rule["verbs"]) for rule in rules] == [(["katib-leader"], ["get", "update"])]


def test_the_controllers_ports_are_apart_from_the_pages(katib):
    state = katib.settle()
    controller = katib.initial()["controller"]
    assert [controller[key] for key in ("metricsAddr", "healthzAddr", "webhookPort")] == [":8080", ":18080", 8443]
    assert "--port=8082" in katib.program(state, PAGE).command
    assert state.opened_ports == {testing.TCPPort(port) for port in (8080, 8082, 8443)}


def test_a_kind_that_comes_later_starts_the_controller_anew(katib):
    before = katib.settle()
    assert katib.initial()["controller"]["trialResources"] == ["Job.v1.batch"]
    katib.define("pytorchjobs.kubeflow.org")
    state = katib.again(katib.again(before))
    assert "PyTorchJob.v1.kubeflow.org" in katib.initial()["controller"]["trialResources"]
    assert katib.program(state, CONTROLLER).summary != katib.program(before, CONTROLLER).summary


def test_a_hook_asks_for_one_missing_kind_in_turn(katib):
    state = katib.settle()
    asked = []
    for _ in range(3):
        katib.cluster.calls.clear()
        state = katib.deployment.run(katib.deployment.context.on.update_status(), state)
        asked += [call for call in katib.cluster.calls if "/customresourcedefinitions/" in call]
    assert [call.rpartition("/")[2] for call in asked] in (
        ["pytorchjobs.kubeflow.org", "trainjobs.trainer.kubeflow.org", "pytorchjobs.kubeflow.org"],
        ["trainjobs.trainer.kubeflow.org", "pytorchjobs.kubeflow.org", "trainjobs.trainer.kubeflow.org"],
    )


def test_where_all_kinds_are_there_an_unchanged_configuration_asks_kubernetes_nothing(katib):
    katib.define("pytorchjobs.kubeflow.org")
    katib.define("trainjobs.trainer.kubeflow.org")
    state = katib.settle()
    katib.cluster.calls.clear()
    katib.deployment.run(katib.deployment.context.on.update_status(), state)
    assert katib.cluster.calls == []


def test_an_image_of_an_algorithm_changes_without_the_controller(katib):
    before = katib.settle()
    after = katib.reconfigure(before, custom_images="{suggestion__random: 'registry.site/random:1'}")
    assert katib.entry("suggestions", "random")["image"] == "registry.site/random:1"
    assert katib.program(after, CONTROLLER).summary == katib.program(before, CONTROLLER).summary


def test_a_follower_serves_webhooks_and_numbers_too(katib):
    leaders = katib.settle()
    follower = katib.settle(leader=False, secrets=leaders.secrets)
    assert follower.unit_status == testing.ActiveStatus("https://kubeflow.example.com/katib/")
    assert all(katib.program(follower, container) for container in (CONTROLLER, MANAGER, PAGE))


@pytest.mark.parametrize("container", [CONTROLLER, MANAGER, PAGE])
def test_a_memory_limit_reaches_its_container_alone(katib, container):
    katib.configured(memory=f"{container}=300Mi")
    containers = katib.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limited = {item["name"]: item["resources"]["limits"]["memory"] for item in containers if "resources" in item}
    assert limited == {container: "300Mi"}
