import base64
import json

from cryptography import x509
from ops import testing

CONTROLLER = "katib-controller"
PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile", "katib.kubeflow.org/metrics-collector-injection": "enabled"}


def hooks(katib) -> dict:
    """Return all webhooks by name."""
    return {
        hook["name"]: hook
        for kind in ("Mutating", "Validating")
        for hook in katib.cluster.find(f"{kind}WebhookConfiguration", "katib-edge")["webhooks"]
    }


def test_experiments_get_defaults_and_are_checked(katib):
    katib.settle()
    found = hooks(katib)
    paths = {
        "defaulter.experiment.katib.kubeflow.org": "/mutate-experiment",
        "validator.experiment.katib.kubeflow.org": "/validate-experiment",
    }
    for name, path in paths.items():
        assert found[name]["clientConfig"]["service"]["path"] == path
        assert found[name]["rules"][0]["resources"] == ["experiments"]
        assert found[name]["failurePolicy"] == "Fail"
        assert "namespaceSelector" not in found[name]


def test_katib_looks_at_jobs_pods_of_profiles_that_want_it_and_keeps_none_from_running(katib):
    katib.settle()
    hook = hooks(katib)["mutator.pod.katib.kubeflow.org"]
    assert hook["namespaceSelector"] == {"matchLabels": WANTED}
    assert hook["failurePolicy"] == "Ignore"
    assert [rule["operations"] for rule in hook["rules"]] == [["CREATE"]]
    (condition,) = hook["matchConditions"]
    assert "'StatefulSet'" in condition["expression"]


def test_webhooks_are_registered_only_once_the_controller_answers(katib):
    others = {testing.Container(name, can_connect=True) for name in ("katib-db-manager", "katib-ui")}
    state = katib.settle(containers={testing.Container(CONTROLLER, can_connect=False), *others})
    assert "container katib-controller to start" in state.unit_status.message
    assert not [name for name in katib.cluster.kinds() if "WebhookConfiguration" in name]


def test_the_api_server_trusts_the_certificate_for_the_applications_service(katib):
    katib.settle()
    pem = katib.deployment.files[CONTROLLER]["/tmp/cert/tls.crt"].text
    certificate = x509.load_pem_x509_certificate(pem.encode())
    for hook in hooks(katib).values():
        config = hook["clientConfig"]
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(base64.b64decode(config["caBundle"])))
        assert (config["service"]["name"], config["service"]["namespace"]) == ("katib", "edge")
        assert config["service"]["port"] == 8443
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "katib.edge.svc" in names.get_values_for_type(x509.DNSName)


def test_only_the_gateway_reaches_the_page(katib):
    katib.settle()
    spec = katib.cluster.find("NetworkPolicy", "katib")["spec"]
    (rule,) = [rule for rule in spec["ingress"] if rule["ports"] == [{"port": 8082, "protocol": "TCP"}]]
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}},
            "podSelector": {"matchLabels": {"istio": "ingressgateway"}},
        }
    ]


def test_pods_of_profiles_reach_the_database_manager_and_not_the_webhooks_which_the_api_server_reaches(katib):
    katib.settle()
    spec = katib.cluster.find("NetworkPolicy", "katib")["spec"]
    (everybody,) = [rule["ports"] for rule in spec["ingress"] if "from" not in rule]
    for port, is_open in ((6789, True), (8443, False)):
        assert any(item["port"] <= port <= item["endPort"] for item in everybody) == is_open
    (rule,) = [rule for rule in spec["ingress"] if rule["ports"] == [{"port": 8443, "protocol": "TCP"}]]
    assert {"ipBlock", "namespaceSelector"} == {key for peer in rule["from"] for key in peer}


def test_without_a_gateway_nobody_reaches_the_page(katib):
    katib.settle(databags={"ingress": None})
    ingress = katib.cluster.find("NetworkPolicy", "katib")["spec"]["ingress"]
    assert not [rule for rule in ingress if rule["ports"][0]["port"] == 8082]
    assert not any(item["port"] <= 8082 <= item["endPort"] for item in ingress[0]["ports"])


def test_the_gateway_is_asked_for_a_route_and_the_dashboard_for_links(katib):
    state = katib.settle()
    route = json.loads(katib.sent(state, "ingress")["data"])
    assert route == {"service": "katib", "port": 8082, "prefix": "/katib/", "rewrite": "/katib/"}
    links = json.loads(katib.sent(state, "dashboard-links")["dashboard_links"])
    assert [(link["location"], link["link"]) for link in links] == [
        ("menu", "/katib/"),
        ("documentation", "https://www.kubeflow.org/docs/components/katib/"),
    ]


def test_where_kubernetes_authorises_nobody_nothing_starts(katib):
    katib.cluster.authorises = False
    state = katib.settle()
    assert "any account may read all Secrets" in state.unit_status.message
    assert not [container for container in state.containers if container.plan.services]


def test_no_program_may_read_secrets_but_the_registrys_login_or_make_volumes_of_nodes(katib):
    katib.settle()
    rules = [
        (rule, resource)
        for item in katib.cluster.objects.values()
        if item["kind"] in ("ClusterRole", "Role")
        for rule in item.get("rules") or []
        for resource in rule["resources"]
    ]
    secrets = [rule for rule, resource in rules if resource in ("*", "secrets")]
    assert [(rule["verbs"], rule.get("resourceNames")) for rule in secrets] == [(["get"], ["kubeflow-registry-login"])]
    (verbs,) = [rule["verbs"] for rule, resource in rules if resource == "persistentvolumes"]
    assert verbs == ["get", "list", "watch"]


def test_the_page_reads_configmaps_of_its_own_namespace_alone(katib):
    katib.settle()
    assert "configmaps" not in str(katib.cluster.find("ClusterRole", "edge-katib-katib-ui")["rules"])
    (rule,) = katib.cluster.find("Role", "katib-katib-ui")["rules"]
    assert (rule["resources"], rule["verbs"]) == (["configmaps"], ["get", "list"])


def test_roles_of_users_gather_what_may_be_done_with_experiments(katib):
    katib.settle()
    labels = {
        name: set(katib.cluster.find("ClusterRole", f"kubeflow-katib-{name}")["metadata"]["labels"])
        for name in ("admin", "edit", "view")
    }
    assert f"{PREFIX}admin" in labels["admin"]
    assert {f"{PREFIX}edit", f"{PREFIX}katib-admin"} <= labels["edit"]
    assert f"{PREFIX}view" in labels["view"]


def test_guests_change_nothing(katib):
    katib.settle()
    rules = katib.cluster.find("ClusterRole", "kubeflow-katib-view")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_a_second_katib_is_blocked_and_names_the_first(katib):
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-katib-edit"
    katib.cluster.add(
        path,
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "kubeflow-katib-edit"},
        },
        manager="kubectl",
    )
    status = katib.settle().unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "kubeflow-katib-edit" in status.message


def test_the_page_reads_profiles_alone_where_kubeflow_profiles_lets_it_into_them(katib):
    state = katib.settle()
    (binding,) = json.loads(katib.sent(state, "role-bindings")["kubernetes_manifests"])
    assert binding["subjects"][0]["name"] == "katib-katib-ui"
    bound = katib.cluster.find("ClusterRole", binding["roleRef"]["name"])
    whole = katib.cluster.find("ClusterRole", "edge-katib-katib-ui")
    assert ["experiments"] in [rule["resources"] for rule in bound["rules"]]
    assert [rule["resources"] for rule in whole["rules"]] == [["subjectaccessreviews"]]


def test_without_kubeflow_profiles_it_reads_them_wherever_they_are(katib):
    katib.settle(databags={"role-bindings": None})
    whole = katib.cluster.find("ClusterRole", "edge-katib-katib-ui")
    assert ["experiments"] in [rule["resources"] for rule in whole["rules"]]
