import json

import pytest
from ops import testing

CONTAINERS = (
    "notebook-controller",
    "jupyter-web-app",
    "volumes-web-app",
    "pvcviewer-controller",
    "tensorboard-controller",
    "tensorboards-web-app",
)
PAGES = ("jupyter-web-app", "volumes-web-app", "tensorboards-web-app")
CONTROLLERS = ("notebook-controller", "pvcviewer-controller", "tensorboard-controller")


def test_with_a_gateway_the_unit_is_active(notebooks):
    assert notebooks.settle().unit_status == testing.ActiveStatus("no GPUs found")


def test_each_container_has_an_identity_of_its_own(notebooks):
    notebooks.settle()
    for container in CONTAINERS:
        token = notebooks.deployment.files[container]["/var/run/secrets/kubernetes.io/serviceaccount/token"].text
        assert token.startswith(f"notebooks-{container} ")


def test_no_two_programs_of_the_pod_listen_on_one_port(notebooks):
    state = notebooks.settle()
    # Two checks of a program may ask one port.
    asked = {
        (container, check.http["url"].split(":")[2].split("/")[0] if check.http else str(check.tcp["port"]))
        for container in CONTAINERS
        for check in state.get_container(container).plan.checks.values()
    }
    ports = [port for _, port in asked]
    commands = " ".join(notebooks.program(state, container).command for container in CONTROLLERS)
    ports += [flag.rpartition(":")[2] for flag in commands.split() if "metrics" in flag]
    assert len(ports) == 10
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize(
    ("container", "prefix"),
    [("jupyter-web-app", "/jupyter"), ("volumes-web-app", "/volumes"), ("tensorboards-web-app", "/tensorboards")],
)
def test_each_page_knows_where_users_find_it_and_who_they_are(notebooks, container, prefix):
    environment = notebooks.program(notebooks.settle(), container).environment
    assert environment["APP_PREFIX"] == prefix
    assert (environment["USERID_HEADER"], environment["USERID_PREFIX"]) == ("kubeflow-userid", "")
    assert environment["BACKEND_MODE"] == "production"


@pytest.mark.parametrize(
    ("option", "url", "secure"),
    [
        ("auto", "http://10.64.140.43", "false"),
        ("auto", "https://kubeflow.example.com", "true"),
        ("auto", "", "false"),
        ("true", "http://10.64.140.43", "true"),
        ("false", "https://kubeflow.example.com", "false"),
    ],
)
def test_cookies_are_for_https_alone_where_the_gateway_speaks_it(notebooks, option, url, secure):
    databags = {f"ingress-{name}": {"url": url} for name in ("jupyter", "volumes", "tensorboards")}
    state = notebooks.settle(databags=databags, config={"secure-cookies": option})
    for page in PAGES:
        assert notebooks.program(state, page).environment["APP_SECURE_COOKIES"] == secure


@pytest.mark.parametrize("container", CONTROLLERS)
def test_routes_belong_to_the_related_gateway(notebooks, container):
    state = notebooks.settle(databags={"gateway-info": {"gateway_name": "front", "gateway_namespace": "mesh"}})
    assert notebooks.program(state, container).environment["ISTIO_GATEWAY"] == "mesh/front"


@pytest.mark.parametrize("container", CONTROLLERS)
def test_of_several_units_one_controller_works(notebooks, container):
    assert "leader-elect" in notebooks.program(notebooks.settle(), container).command


def test_idle_servers_are_stopped_as_the_options_say(notebooks):
    state = notebooks.configured(enable_culling=True, cull_idle_time=90, idleness_check_period=5)
    environment = notebooks.program(state, "notebook-controller").environment
    assert environment["ENABLE_CULLING"] == "true"
    assert (environment["CULL_IDLE_TIME"], environment["IDLENESS_CHECK_PERIOD"]) == ("90", "5")


def test_idle_servers_go_on_where_the_option_says_so(notebooks):
    state = notebooks.configured(enable_culling=False)
    assert notebooks.program(state, "notebook-controller").environment["ENABLE_CULLING"] == "false"


def test_idle_servers_go_on_unless_an_option_says_else(notebooks):
    state = notebooks.settle()
    assert notebooks.program(state, "notebook-controller").environment["ENABLE_CULLING"] == "false"
    assert "ValidatingAdmissionPolicy notebooks-idle-servers-edge" not in notebooks.cluster.kinds()


@pytest.mark.parametrize(("others", "said"), [(0, "never"), (10080, "after 10080 whatever they do")])
def test_the_status_says_which_servers_are_stopped_when(notebooks, others, said):
    state = notebooks.configured(enable_culling=True, cull_others_time=others)
    expected = f"idle Jupyter servers stop after 1440 minutes, VS Code, RStudio and others {said}"
    assert expected in state.unit_status.message
    assert "ValidatingAdmissionPolicy notebooks-idle-servers-edge" in notebooks.cluster.kinds()


def test_where_none_is_stopped_any_more_the_policy_goes(notebooks):
    state = notebooks.configured(enable_culling=True)
    notebooks.reconfigure(state, enable_culling=False)
    assert "ValidatingAdmissionPolicy notebooks-idle-servers-edge" not in notebooks.cluster.kinds()


@pytest.mark.parametrize("minutes", [-1, 1, 1439])
def test_servers_that_cannot_be_asked_are_not_stopped_before_those_that_can(notebooks, minutes):
    assert notebooks.blocked(enable_culling=True, cull_others_time=minutes).startswith("option cull-others-time: ")


def test_idle_servers_go_on_while_the_controller_may_not_ask_them(notebooks):
    state = notebooks.settle(databags={"authorization-policies": None}, config={"enable-culling": True})
    assert notebooks.program(state, "notebook-controller").environment["ENABLE_CULLING"] == "false"
    assert "juju integrate notebooks:authorization-policies kubeflow-profiles" in state.unit_status.message


def test_who_wants_servers_to_go_on_is_not_told_of_a_relation(notebooks):
    state = notebooks.settle(databags={"authorization-policies": None}, config={"enable-culling": False})
    assert state.unit_status == testing.ActiveStatus("no GPUs found")


def test_the_cluster_may_have_another_domain(notebooks):
    state = notebooks.configured(cluster_domain="site.example")
    assert notebooks.program(state, "notebook-controller").environment["CLUSTER_DOMAIN"] == "site.example"


def test_the_clusters_domain_is_found_without_a_word(notebooks, monkeypatch):
    monkeypatch.setattr("kubeflow_charms.networking.network.cluster_domain", lambda: "k8s.example.org")
    state = notebooks.settle()
    assert notebooks.program(state, "notebook-controller").environment["CLUSTER_DOMAIN"] == "k8s.example.org"


def test_on_another_domain_the_status_says_what_is_not_reached_and_from_when_it_is(notebooks):
    state = notebooks.configured(cluster_domain="site.example")
    assert isinstance(state.unit_status, testing.ActiveStatus)
    assert "TensorBoards and volume viewers are not reached" in state.unit_status.message
    assert "takes Kubernetes 1.36" in state.unit_status.message


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_kubernetes_puts_the_domain_into_routes_where_it_can(notebooks, version):
    group = f"admissionregistration.k8s.io/{version}"
    path = f"/apis/{group}/mutatingadmissionpolicies/other"
    notebooks.cluster.add(path, {"apiVersion": group, "kind": "MutatingAdmissionPolicy", "metadata": {"name": "other"}})
    state = notebooks.configured(cluster_domain="site.example")
    assert "not reached" not in state.unit_status.message
    made = notebooks.cluster.find("MutatingAdmissionPolicy", "notebooks-routes-domain-edge")
    assert made["apiVersion"] == group
    assert ".svc.site.example" in made["spec"]["mutations"][0]["jsonPatch"]["expression"]


def test_on_the_usual_domain_routes_stay_as_their_controllers_write_them(notebooks):
    notebooks.settle()
    assert not [call for call in notebooks.cluster.calls if "mutatingadmission" in call]


@pytest.mark.parametrize(("address", "written"), [("::", "[::]:5000"), ("0.0.0.0", "0.0.0.0:5000")])
def test_pages_listen_at_every_address_and_take_large_headers(notebooks, monkeypatch, address, written):
    monkeypatch.setattr("kubeflow_charms.networking.network.anywhere", lambda: address)
    command = notebooks.program(notebooks.settle(), "jupyter-web-app").command
    assert f"--bind {written} " in command
    assert "--limit-request-field_size 61440 " in command


def test_tensorboards_have_the_image_and_the_node_that_the_options_say(notebooks):
    state = notebooks.configured(tensorboard_image="registry.site/board:1", rwo_pvc_scheduling=False)
    environment = notebooks.program(state, "tensorboard-controller").environment
    assert environment["TENSORBOARD_IMAGE"] == "registry.site/board:1"
    assert environment["RWO_PVC_SCHEDULING"] == "false"


def test_a_volumes_file_browser_has_the_options_image_whoever_makes_it(notebooks):
    notebooks.configured(volume_viewer_image="registry.site/browser:1")
    files = notebooks.deployment.files
    by_page = json.loads(files["volumes-web-app"]["/etc/config/viewer-spec.yaml"].text)
    by_controller = json.loads(files["pvcviewer-controller"]["/etc/pvcviewer-controller/pod-spec.yaml"].text)
    assert by_page["podSpec"]["containers"][0]["image"] == "registry.site/browser:1"
    assert by_controller["containers"][0]["image"] == "registry.site/browser:1"


def test_a_volumes_file_browser_knows_its_address(notebooks):
    notebooks.settle()
    files = notebooks.deployment.files
    by_page = json.loads(files["volumes-web-app"]["/etc/config/viewer-spec.yaml"].text)
    by_controller = json.loads(files["pvcviewer-controller"]["/etc/pvcviewer-controller/pod-spec.yaml"].text)
    addresses = [
        next(item["value"] for item in pod["containers"][0]["env"] if item["name"] == "FB_BASEURL")
        for pod in (by_page["podSpec"], by_controller)
    ]
    assert addresses == ["/pvcviewers/$NAMESPACE/$NAME/", "/pvcviewers/$(NAMESPACE)/$(NAME)/"]
    assert by_page["networking"]["basePrefix"] == "/pvcviewers"


def test_an_option_of_the_form_restarts_its_page_alone(notebooks):
    before = notebooks.settle()
    after = notebooks.reconfigure(before, cpu_default="2")
    changed = [name for name in CONTAINERS if notebooks.program(before, name) != notebooks.program(after, name)]
    assert changed == ["jupyter-web-app"]


def test_without_a_gateway_the_unit_is_blocked_with_the_command_that_helps(notebooks):
    status = notebooks.settle(databags={"gateway-info": None}).unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "juju integrate notebooks:gateway-info" in status.message


def test_while_the_gateway_says_nothing_the_pages_run_already(notebooks):
    state = notebooks.settle(databags={"gateway-info": {}})
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert all(state.get_container(page).plan.services for page in PAGES)


def test_a_unit_that_does_not_lead_runs_all_programs(notebooks):
    notebooks.settle()
    state = notebooks.state(leader=False)
    leading = notebooks.settle()
    state = notebooks.state(leader=False, secrets=leading.secrets)
    state = notebooks.deployment.settle(state)
    assert all(state.get_container(container).plan.services for container in CONTAINERS)


def test_a_memory_limit_reaches_every_program(notebooks):
    notebooks.configured(memory="256Mi")
    containers = notebooks.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limits = {container["name"]: container.get("resources") for container in containers}
    assert all(limits[container] == {"limits": {"memory": "256Mi"}} for container in CONTAINERS)


def test_without_a_change_kubernetes_is_asked_for_its_nodes_every_few_minutes_and_nothing_else(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    state = notebooks.settle()
    on = notebooks.deployment.context.on
    notebooks.cluster.calls.clear()
    notebooks.deployment.run(on.config_changed(), state)
    assert notebooks.cluster.calls == []
    notebooks.later()
    again = notebooks.deployment.run(on.update_status(), state)
    assert notebooks.cluster.calls == ["GET /api/v1/nodes"]
    assert {it.name: it.plan for it in again.containers} == {it.name: it.plan for it in state.containers}


def test_no_program_starts_where_kubernetes_allows_everybody_everything(notebooks):
    notebooks.cluster.authorises = False
    state = notebooks.settle()
    assert "run: microk8s enable rbac" in state.unit_status.message
    assert not [container.name for container in state.containers if container.plan.services]
