import json

from cryptography import x509
from ops import testing

from .conftest import PROGRAMS, SYSTEM

PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"


def hooks(knative) -> dict:
    """Return all webhooks by name."""
    return {
        hook["name"]: hook
        for kind in ("Mutating", "Validating")
        for hook in knative.cluster.find(f"{kind}WebhookConfiguration", "knative-edge")["webhooks"]
    }


def test_webhooks_are_asked_about_knatives_own_kinds_alone(knative):
    knative.settle()
    found = hooks(knative)
    paths = {name: hook["clientConfig"]["service"]["path"] for name, hook in found.items()}
    assert paths == {
        "webhook.serving.knative.dev": "/defaulting",
        "validation.webhook.serving.knative.dev": "/resource-validation",
    }
    for hook in found.values():
        assert {group for rule in hook["rules"] for group in rule["apiGroups"]} == {
            "serving.knative.dev",
            "autoscaling.internal.knative.dev",
            "networking.internal.knative.dev",
        }
        assert hook["failurePolicy"] == "Fail"


def test_webhooks_are_registered_only_once_the_program_answers(knative):
    others = {testing.Container(name, can_connect=True) for name in PROGRAMS if name != "webhook"}
    state = knative.settle(containers={testing.Container("webhook", can_connect=False), *others})
    assert "container webhook to start" in state.unit_status.message
    assert not [name for name in knative.cluster.kinds() if "WebhookConfiguration" in name]


def test_the_program_has_the_certificate_that_the_api_server_trusts(knative):
    import base64

    knative.settle()
    found = knative.certificate()
    certificate = x509.load_pem_x509_certificate(found["server-cert.pem"].encode())
    assert found["server-key.pem"].startswith("-----BEGIN ")
    for hook in hooks(knative).values():
        config = hook["clientConfig"]
        assert base64.b64decode(config["caBundle"]).decode() == found["ca-cert.pem"]
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(found["ca-cert.pem"].encode()))
        assert (config["service"]["name"], config["service"]["namespace"]) == ("knative", "edge")


def test_programs_change_things_in_profiles_alone(knative):
    knative.settle()
    for account in ("knative-knative-controller", "knative-net-istio-controller"):
        policy = knative.cluster.find("ValidatingAdmissionPolicy", f"edge-{account}")["spec"]
        (validation,) = policy["validations"]
        assert "kubeflow-profile" in validation["expression"]


def test_the_autoscaler_says_how_many_pods_there_are_in_profiles_alone(knative):
    knative.settle()
    policy = knative.cluster.find("ValidatingAdmissionPolicy", "knative-autoscaler-edge")["spec"]
    (condition,) = policy["matchConditions"]
    assert "system:serviceaccount:edge:knative-autoscaler" in condition["expression"]
    assert "kubeflow-profile" in policy["validations"][0]["expression"]
    rules = knative.cluster.find("ClusterRole", "edge-knative-autoscaler")["rules"]
    changed = [rule["resources"] for rule in rules if rule["apiGroups"] == ["apps"] and "patch" in rule["verbs"]]
    assert changed == [["deployments/scale"]]


def test_only_the_gateway_and_the_autoscaler_ask_the_activator(knative):
    knative.settle()
    policy = knative.cluster.find("NetworkPolicy", "knative")["spec"]
    _, *guarded, webhooks = policy["ingress"][:4]
    assert webhooks["ports"] == [{"port": 8443, "protocol": "TCP"}]
    assert {rule["ports"][0]["port"] for rule in guarded} == {8012, 8013}
    for rule in guarded:
        asking = [peer["podSelector"]["matchLabels"] for peer in rule["from"]]
        assert asking == [{"istio": "ingressgateway"}, {"app.kubernetes.io/name": "knative-autoscaler"}]


def test_secrets_of_the_model_are_listed_by_no_program_of_its_configuration(knative):
    knative.settle()
    granted = [
        (rule, item)
        for item in knative.cluster.objects.values()
        if item["kind"] in ("Role", "ClusterRole")
        for rule in item.get("rules") or []
        if "secrets" in rule["resources"]
    ]
    one = [rule for rule, item in granted if item["metadata"]["name"] == "edge-knative-knative-controller"]
    assert [(rule["verbs"], rule["resourceNames"]) for rule in one] == [(["get"], ["kubeflow-registry-login"])]
    listing = {
        (item["kind"], item["metadata"]["name"], item["metadata"].get("namespace"))
        for rule, item in granted
        if rule not in one
    }
    assert listing == {
        ("ClusterRole", "edge-knative-net-istio-controller", None),
        ("Role", "knative-activator", SYSTEM),
        ("Role", "knative-webhook", SYSTEM),
    }


def test_owners_contributors_and_guests_of_a_profile_have_their_rights_by_aggregation(knative):
    knative.settle()
    verbs = {"admin": None, "edit": "create", "view": "get"}
    for name, verb in verbs.items():
        role = knative.cluster.find("ClusterRole", f"kubeflow-knative-{name}")
        assert role["metadata"]["labels"][f"{PREFIX}{name}"] == "true"
        if verb:
            assert verb in role["rules"][0]["verbs"]


def test_profiles_let_the_autoscaler_count_requests_and_nobody_in_the_mesh(knative):
    sent = knative.sent(knative.settle(), "authorization-policies")
    (policy,) = json.loads(sent["kubernetes_manifests"])
    (rule,) = policy["spec"]["rules"]
    assert rule["from"] == [{"source": {"notPrincipals": ["*"]}}]
    assert rule["to"] == [{"operation": {"methods": ["GET"], "paths": ["/metrics"], "ports": ["9090"]}}]


def test_serving_learns_that_knative_is_there_before_there_is_a_gateway(knative):
    state = knative.settle(databags={"gateway-info": None, "local-gateway": {}})
    assert knative.sent(state, "local-gateway")["gateway_namespace"] == "edge"


def test_no_pod_of_a_profile_tells_the_autoscaler_how_many_ask(knative):
    knative.settle()
    spec = knative.cluster.find("NetworkPolicy", "knative-autoscaler")["spec"]
    assert spec["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "knative-autoscaler"}}
    ((peer,),) = [rule["from"] for rule in spec["ingress"]]
    assert peer["namespaceSelector"]["matchExpressions"][0]["values"] == ["kubeflow-profile"]
