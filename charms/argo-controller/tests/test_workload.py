from ops import testing

CONTAINER = "workflow-controller"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/"


def test_with_a_store_the_unit_is_active(argo):
    assert argo.settle().unit_status == testing.ActiveStatus()


def test_the_controller_takes_its_configuration_and_executor(argo):
    command = argo.service(argo.settle(config={"executor-image": "registry/argoexec:1"})).command.split()
    assert command[0] == "/bin/workflow-controller"
    assert {"--configmap=argo-controller-configuration", "--executor-image=registry/argoexec:1"} <= set(command)


def test_a_registry_of_ones_own_has_the_executor(argo):
    command = argo.service(argo.settle(config={"image-registry": "registry.site:5000"})).command
    assert " --executor-image=registry.site:5000/argoproj/argoexec:" in command


def test_units_agree_on_one_that_works_by_their_names(argo):
    assert argo.service(argo.settle()).environment["LEADER_ELECTION_IDENTITY"] == "argo-controller-0"


def test_metrics_are_shown_in_plain_http(argo):
    state = argo.settle()
    assert argo.settings()["metricsConfig"] == {"enabled": True, "path": "/metrics", "port": 9090, "secure": False}
    assert state.opened_ports == {testing.TCPPort(9090)}


def test_of_secrets_it_may_read_agents_certificates_and_the_registrys_login_alone(argo):
    argo.settle()
    role = argo.cluster.find("ClusterRole", "edge-argo-controller-workflow-controller")
    rules = [rule for rule in role["rules"] if "secrets" in rule["resources"]]
    names = ["argo-workflows-agent-ca-certificates", "kubeflow-registry-login"]
    assert [(rule["verbs"], rule["resourceNames"]) for rule in rules] == [(["get"], names)]


def test_a_step_may_report_what_came_of_it_in_a_profile(argo):
    argo.settle()
    role = argo.cluster.find("ClusterRole", "argo-aggregate-to-edit")
    assert "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit" in role["metadata"]["labels"]
    (verbs,) = [rule["verbs"] for rule in role["rules"] if "workflowtaskresults" in rule["resources"]]
    assert {"create", "patch"} <= set(verbs)


def test_guests_change_nothing(argo):
    argo.settle()
    rules = argo.cluster.find("ClusterRole", "argo-aggregate-to-view")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_another_unit_runs_the_same_program(argo):
    first = argo.service(argo.settle())
    second = argo.service(argo.settle(leader=False))
    assert first == second


def test_a_memory_limit_reaches_the_container(argo):
    argo.settle(config={"memory": "512Mi"})
    containers = argo.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    (found,) = [item for item in containers if item["name"] == CONTAINER]
    assert found["resources"]["limits"]["memory"] == "512Mi"


def test_an_unchanged_configuration_asks_nobody_anything(argo):
    state = argo.settle()
    argo.cluster.calls.clear()
    argo.asked.clear()
    argo.deployment.run(argo.deployment.context.on.update_status(), state)
    assert (argo.cluster.calls, argo.asked) == ([], [])


def test_definitions_stay_and_all_else_goes(argo):
    state = argo.settle()
    argo.cluster.calls.clear()
    argo.deployment.run(argo.deployment.context.on.stop(), testing.State(**{**vars(state), "planned_units": 0}))
    deleted = [call for call in argo.cluster.calls if call.startswith("DELETE")]
    assert not [call for call in deleted if "customresourcedefinitions" in call]
    assert [call for call in deleted if call.endswith("/leases/workflow-controller")]


def test_the_units_agree_by_a_lease_that_goes_with_the_application(argo):
    argo.settle()
    lease = argo.cluster.find("Lease", "workflow-controller")
    (owner,) = lease["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("StatefulSet", "argo-controller")
    _, rule = argo.cluster.find("Role", "argo-controller-workflow-controller")["rules"]
    assert (rule["resourceNames"], rule["verbs"]) == (["workflow-controller"], ["get", "update"])


def test_a_bad_option_leaves_what_runs(argo):
    before = argo.settle()
    after = argo.reconfigure(before, pod_gc="Always")
    assert argo.service(after) == argo.service(before)


def test_the_controller_works_in_profiles_alone_unless_an_operator_says_otherwise(argo):
    confined = {f"{POLICIES}edge-argo-controller-workflow-controller{end}" for end in ("", "-works-on")}
    state = argo.settle()
    assert confined <= argo.cluster.objects.keys()
    argo.reconfigure(state, allow_outside_profiles=True)
    assert not confined & argo.cluster.objects.keys()
