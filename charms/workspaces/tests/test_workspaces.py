import json

import pytest
from ops import testing

CONTROLLER, BACKEND, FRONTEND = CONTAINERS = ("workspaces-controller", "workspaces-backend", "workspaces-frontend")
PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
PAGES = {4000, 8080}


def test_with_a_gateway_the_unit_is_active(workspaces):
    assert workspaces.settle().unit_status == testing.ActiveStatus()


def test_without_a_gateway_no_workspace_would_have_a_route(workspaces):
    state = workspaces.settle(databags={"gateway-info": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "gateway-info" in state.unit_status.message


def test_the_unit_needs_neither_routes_nor_dashboard_to_be_active(workspaces):
    missing = dict.fromkeys(("dashboard-links", "ingress-backend", "ingress-frontend"))
    assert workspaces.settle(databags=missing).unit_status == testing.ActiveStatus()


def test_the_dashboard_gets_a_link_that_says_what_it_is(workspaces):
    (link,) = json.loads(workspaces.sent(workspaces.settle(), "dashboard-links")["dashboard_links"])
    assert (link["text"], link["link"], link["location"]) == ("Workspaces (beta)", "/workspaces/workspaces", "menu")


@pytest.mark.parametrize(
    ("end", "port", "prefix", "rewrite"),
    [("backend", 4000, "/workspaces/api/", "/api/"), ("frontend", 8080, "/workspaces/", "/")],
)
def test_the_page_and_what_it_asks_have_a_route_each(workspaces, end, port, prefix, rewrite):
    sent = json.loads(workspaces.sent(workspaces.settle(), f"ingress-{end}")["data"])
    assert sent == {"service": "workspaces", "port": port, "prefix": prefix, "rewrite": rewrite}


def test_the_controller_routes_to_workspaces_through_the_related_gateway(workspaces):
    environment = workspaces.program(workspaces.settle(), CONTROLLER).environment
    assert environment["ISTIO_GATEWAY"] == "edge/kubeflow-gateway"
    assert (environment["USE_ISTIO"], environment["ISTIO_HOSTS"]) == ("true", "*")


def test_the_back_end_believes_the_gateways_headers_and_leaves_names_as_they_are(workspaces):
    environment = workspaces.program(workspaces.settle(), BACKEND).environment
    assert (environment["USERID_HEADER"], environment["USERID_PREFIX"]) == ("kubeflow-userid", "")
    assert environment["GROUPS_HEADER"] == "kubeflow-groups"
    assert environment["PROXY_URL_PREFIX"] == "/workspaces"


def test_no_two_programs_of_the_pod_listen_on_one_port(workspaces):
    state = workspaces.settle()
    checks = [check for name in CONTAINERS for check in state.get_container(name).plan.checks.values()]
    # Two checks of a program ask one port.
    ports = {
        check.http["url"].split(":")[2].split("/")[0] if check.http else str(check.tcp["port"]) for check in checks
    }
    ports.add(workspaces.program(state, CONTROLLER).command.partition("--metrics-bind-address=:")[2].split()[0])
    assert sorted(ports) == ["4000", "8080", "8081", "8082", "9443"]


def test_the_page_has_no_identity_and_the_others_one_each(workspaces):
    workspaces.settle()
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    for container in (CONTROLLER, BACKEND):
        assert workspaces.deployment.files[container][token].text.startswith(f"workspaces-{container} ")
    assert token not in workspaces.deployment.files.get(FRONTEND, {})


def guarded(workspaces) -> set[int]:
    """Return the ports that no pod reaches of whom it is not said which."""
    rules = workspaces.cluster.find("NetworkPolicy", "workspaces")["spec"]["ingress"]
    ranges = [
        (port["port"], port.get("endPort", port["port"]))
        for rule in rules
        for port in rule["ports"]
        if "from" not in rule
    ]
    return {port for port in (*PAGES, 8081, 8082, 9443) if not any(low <= port <= high for low, high in ranges)}


def test_the_gateway_alone_reaches_what_believes_its_headers(workspaces):
    workspaces.settle()
    assert guarded(workspaces) >= PAGES
    policy = workspaces.cluster.find("AuthorizationPolicy", "workspaces")["spec"]
    named = {
        port: rule["from"][0]["source"]["principals"]
        for rule in policy["rules"]
        if "from" in rule
        for port in rule["to"][0]["operation"]["ports"]
    }
    assert named == {port: ["cluster.local/ns/edge/sa/istio-ingressgateway"] for port in ("4000", "8080")}


def test_before_a_gateway_says_who_it_is_nobody_reaches_the_pages(workspaces):
    workspaces.settle(databags={"ingress-backend": {"tells-principals": "true"}, "ingress-frontend": None})
    assert guarded(workspaces) >= PAGES
    rules = workspaces.cluster.find("NetworkPolicy", "workspaces")["spec"]["ingress"]
    assert not any(port["port"] in PAGES for rule in rules for port in rule["ports"])


@pytest.mark.parametrize(
    ("hook", "scope", "operations"),
    [("workspace", "Namespaced", ["CREATE", "UPDATE"]), ("workspacekind", "Cluster", ["CREATE", "UPDATE", "DELETE"])],
)
def test_what_is_written_is_checked_or_refused(workspaces, hook, scope, operations):
    workspaces.settle()
    found = workspaces.hooks()[hook]
    (rule,) = found["rules"]
    assert (rule["resources"], rule["scope"], rule["operations"]) == ([f"{hook}s"], scope, operations)
    assert found["clientConfig"]["service"]["path"] == f"/validate-kubeflow-org-v1beta1-{hook}"
    assert found["failurePolicy"] == "Fail"
    assert [condition["name"] for condition in found["matchConditions"]] == ["not-being-deleted"]


def test_the_charms_own_kind_waits_for_no_webhook(workspaces):
    workspaces.settle()
    (own,) = workspaces.cluster.find("WorkspaceKind", "jupyterlab")["metadata"]["labels"].keys() & {
        expression["key"]
        for expression in workspaces.hooks()["workspacekind"]["objectSelector"]["matchExpressions"]
        if expression["operator"] == "DoesNotExist"
    }
    assert "objectSelector" not in workspaces.hooks()["workspace"]
    assert own


def test_who_may_edit_makes_workspaces_who_views_sees_them_and_nobody_says_what_state_they_are_in(workspaces):
    workspaces.settle()
    edit, view = (workspaces.rules(f"kubeflow-workspaces-{role}") for role in ("edit", "view"))
    assert edit.keys() == view.keys() == {("kubeflow.org", "workspaces")}
    assert "create" in edit["kubeflow.org", "workspaces"]
    assert set(view["kubeflow.org", "workspaces"]) == {"get", "list", "watch"}


@pytest.mark.parametrize("role", ["admin", "edit", "view"])
def test_users_roles_get_their_part_under_upstreams_name(workspaces, role):
    workspaces.settle()
    labels = workspaces.cluster.find("ClusterRole", f"kubeflow-workspaces-{role}")["metadata"]["labels"]
    assert labels[f"{PREFIX}{role}"] == "true"


def test_a_namespaces_owner_may_do_what_an_editor_may(workspaces):
    workspaces.settle()
    (selector,) = workspaces.cluster.find("ClusterRole", "kubeflow-workspaces-admin")["aggregationRule"][
        "clusterRoleSelectors"
    ]
    edit = workspaces.cluster.find("ClusterRole", "kubeflow-workspaces-edit")
    assert selector["matchLabels"].items() <= edit["metadata"]["labels"].items()


def test_the_controller_hands_out_no_more_than_a_notebook_has_and_runs_nothing_in_pods(workspaces):
    workspaces.settle()
    role = workspaces.cluster.find("ClusterRole", f"edge-workspaces-{CONTROLLER}")
    (bound,) = [rule for rule in role["rules"] if "bind" in rule["verbs"]]
    assert set(bound["resourceNames"]) == {"kubeflow-edit", "kubeflow-view"}
    assert ("", "pods/exec") not in workspaces.rules(f"edge-workspaces-{CONTROLLER}")


def test_what_runs_in_pods_is_not_for_the_page_to_say(workspaces):
    workspaces.settle()
    rules = workspaces.rules(f"edge-workspaces-{BACKEND}")
    assert set(rules["kubeflow.org", "workspacekinds"]) == {"get", "list", "watch"}


@pytest.mark.parametrize("shown", [False, True])
def test_the_page_reads_secrets_where_an_operator_wants_it(workspaces, shown: bool):
    workspaces.configured(user_secrets=shown)
    assert (("", "secrets") in workspaces.rules(f"edge-workspaces-{BACKEND}")) == shown


def test_users_choose_jupyterlab_from_the_first_day(workspaces):
    workspaces.settle()
    pod = workspaces.kind()["podTemplate"]
    assert pod["volumeMounts"] == {"home": "/home/jovyan"}
    assert [value["id"] for value in pod["options"]["imageConfig"]["values"]] == [
        "jupyter-scipy",
        "jupyter-pytorch",
        "jupyter-tensorflow",
    ]
    for chosen in ("imageConfig", "podConfig"):
        ids = [value["id"] for value in pod["options"][chosen]["values"]]
        assert pod["options"][chosen]["spawner"]["default"] == ids[0]


def test_the_pictures_of_the_kind_are_the_charms_own(workspaces):
    workspaces.settle()
    spawner = workspaces.kind()["spawner"]
    for use in ("icon", "logo"):
        said = spawner[use]["configMap"]
        found = workspaces.cluster.find("ConfigMap", said["name"])
        assert found["metadata"]["labels"]["notebooks.kubeflow.org/image-source"] == "true"
        assert found["data"][said["key"]].startswith("<svg ")


def test_a_sites_registry_takes_the_place_of_the_public_ones_but_not_for_its_own_images(workspaces):
    workspaces.configured(image_registry="registry.site:5000", custom_images="{jupyter-pytorch: site/torch:1}")
    values = workspaces.kind()["podTemplate"]["options"]["imageConfig"]["values"]
    images = {value["id"]: value["spec"]["image"] for value in values}
    assert images["jupyter-scipy"].startswith("registry.site:5000/kubeflow/")
    assert images["jupyter-pytorch"] == "site/torch:1"


def test_a_site_may_have_its_own_kinds_alone(workspaces):
    state = workspaces.settle()
    workspaces.reconfigure(state, built_in_kind=False)
    assert not any("WorkspaceKind jupyterlab" in item for item in workspaces.cluster.kinds())


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("image-registry", "http://registry", "image-registry"),
        ("custom-images", "{jupyter-julia: site/julia:1}", "there is no image it, expected some of jupyter-scipy"),
        ("memory", "page=1Gi", "memory"),
    ],
)
def test_a_bad_option_is_named_and_leaves_what_runs(workspaces, option: str, value: str, why: str):
    state = workspaces.reconfigure(workspaces.settle(), **{option: value})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert why in state.unit_status.message
    assert workspaces.program(state, CONTROLLER).command.startswith("/manager")
