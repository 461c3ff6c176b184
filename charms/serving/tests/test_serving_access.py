import base64
import json

from cryptography import x509
from ops import testing

CONTROLLER = "kserve-controller"
PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile"}


def hooks(serving) -> dict:
    """Return all webhooks by name."""
    return {
        hook["name"]: hook
        for kind in ("Mutating", "Validating")
        for hook in serving.cluster.find(f"{kind}WebhookConfiguration", "serving-edge")["webhooks"]
    }


def test_what_users_write_gets_defaults_and_is_checked_wherever_it_is(serving):
    serving.settle()
    found = hooks(serving)
    paths = {
        "inferenceservice.kserve-webhook-server.defaulter": "/mutate-serving-kserve-io-v1beta1-inferenceservice",
        "inferenceservice.kserve-webhook-server.validator": "/validate-serving-kserve-io-v1beta1-inferenceservice",
        "inferencegraph.kserve-webhook-server.validator": "/validate-serving-kserve-io-v1alpha1-inferencegraph",
        "trainedmodel.kserve-webhook-server.validator": "/validate-serving-kserve-io-v1alpha1-trainedmodel",
        "servingruntime.kserve-webhook-server.validator": "/validate-serving-kserve-io-v1alpha1-servingruntime",
    }
    assert {name: hook["clientConfig"]["service"]["path"] for name, hook in found.items() if name in paths} == paths
    for name in paths:
        assert found[name]["failurePolicy"] == "Fail"
        assert "namespaceSelector" not in found[name]


def test_only_pods_of_models_in_profiles_wait_for_kserve(serving):
    serving.settle()
    hook = hooks(serving)["inferenceservice.kserve-webhook-server.pod-mutator"]
    assert hook["namespaceSelector"] == {"matchLabels": WANTED}
    (selector,) = hook["objectSelector"]["matchExpressions"]
    assert selector == {"key": "serving.kserve.io/inferenceservice", "operator": "Exists"}
    assert [rule["operations"] for rule in hook["rules"]] == [["CREATE"]]


def test_webhooks_are_registered_only_once_the_controller_answers(serving):
    others = {testing.Container(name, can_connect=True) for name in ("model-routes", "models-web-app")}
    state = serving.settle(containers={testing.Container(CONTROLLER, can_connect=False), *others})
    assert "container kserve-controller to start" in state.unit_status.message
    assert not [name for name in serving.cluster.kinds() if "WebhookConfiguration" in name]


def test_the_api_server_trusts_the_certificate_for_the_applications_service(serving):
    serving.settle()
    pem = serving.deployment.files[CONTROLLER]["/tmp/k8s-webhook-server/serving-certs/tls.crt"].text
    certificate = x509.load_pem_x509_certificate(pem.encode())
    for hook in hooks(serving).values():
        config = hook["clientConfig"]
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(base64.b64decode(config["caBundle"])))
        assert (config["service"]["name"], config["service"]["port"]) == ("serving", 9443)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "serving.edge.svc" in names.get_values_for_type(x509.DNSName)


def test_only_the_gateway_reaches_the_page(serving):
    serving.settle()
    spec = serving.cluster.find("NetworkPolicy", "serving")["spec"]
    (rule,) = [rule for rule in spec["ingress"] if rule["ports"] == [{"port": 5000, "protocol": "TCP"}]]
    assert rule["from"][0]["podSelector"] == {"matchLabels": {"istio": "ingressgateway"}}


def test_the_gateway_is_asked_for_a_route_and_the_dashboard_for_a_link(serving):
    state = serving.settle()
    route = json.loads(serving.sent(state, "ingress")["data"])
    assert route == {"service": "serving", "port": 5000, "prefix": "/kserve-endpoints/", "rewrite": "/"}
    (link,) = json.loads(serving.sent(state, "dashboard-links")["dashboard_links"])
    assert (link["location"], link["link"]) == ("menu", "/kserve-endpoints/")


def test_where_kubernetes_authorises_nobody_nothing_starts(serving):
    serving.cluster.authorises = False
    state = serving.settle()
    assert "any account may read all Secrets" in state.unit_status.message
    assert not [container for container in state.containers if container.plan.services]


def test_only_the_controller_reads_secrets_one_at_a_time_and_in_profiles_alone(serving):
    serving.settle()
    verbs = {
        item["metadata"]["name"]: rule["verbs"]
        for item in serving.cluster.objects.values()
        if item["kind"] in ("ClusterRole", "Role")
        for rule in item.get("rules") or []
        if {"secrets", "*"} & set(rule["resources"])
    }
    assert verbs == {"edge-serving-logins": ["get"]}


def test_roles_of_users_gather_what_may_be_done_with_models(serving):
    serving.settle()
    labels = {
        name: set(serving.cluster.find("ClusterRole", f"kubeflow-kserve-{name}")["metadata"]["labels"])
        for name in ("admin", "edit", "view")
    }
    assert f"{PREFIX}admin" in labels["admin"]
    assert {f"{PREFIX}edit", f"{PREFIX}kserve-admin"} <= labels["edit"]
    assert f"{PREFIX}view" in labels["view"]


def test_guests_change_nothing(serving):
    serving.settle()
    rules = serving.cluster.find("ClusterRole", "kubeflow-kserve-view")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_a_second_kserve_is_blocked_and_names_the_first(serving):
    serving.cluster.add(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-kserve-edit",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "kubeflow-kserve-edit"},
        },
        manager="kubectl",
    )
    status = serving.settle().unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "kubeflow-kserve-edit" in status.message
