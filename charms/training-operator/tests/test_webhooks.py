import base64

from cryptography import x509
from ops import testing

CONTAINER = "training-operator"
KINDS = ["jaxjob", "paddlejob", "pytorchjob", "tfjob", "xgboostjob"]


def test_every_kind_that_the_operator_checks_has_a_webhook(training):
    training.settle()
    assert [webhook["clientConfig"]["service"]["path"] for webhook in training.webhooks()] == [
        f"/validate-kubeflow-org-v1-{kind}" for kind in KINDS
    ]
    assert [webhook["rules"][0]["resources"] for webhook in training.webhooks()] == [[f"{kind}s"] for kind in KINDS]


def test_jobs_that_nobody_checked_are_refused(training):
    training.settle()
    assert {webhook["failurePolicy"] for webhook in training.webhooks()} == {"Fail"}
    assert {operation for webhook in training.webhooks() for operation in webhook["rules"][0]["operations"]} == {
        "CREATE",
        "UPDATE",
    }


def test_they_are_registered_only_once_the_operator_answers(training):
    state = training.settle(containers={testing.Container(CONTAINER, can_connect=False)})
    assert "container training-operator to start" in state.unit_status.message
    assert "ValidatingWebhookConfiguration training-operator-edge" not in training.cluster.kinds()


def test_the_api_server_trusts_the_certificate_for_the_applications_service(training):
    training.settle()
    (config, *_) = [webhook["clientConfig"] for webhook in training.webhooks()]
    pem = training.deployment.files[CONTAINER]["/tmp/k8s-webhook-server/serving-certs/tls.crt"].text
    certificate = x509.load_pem_x509_certificate(pem.encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(base64.b64decode(config["caBundle"])))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "training-operator.edge.svc" in names.get_values_for_type(x509.DNSName)
    assert (config["service"]["name"], config["service"]["namespace"]) == ("training-operator", "edge")


def test_what_the_operator_writes_its_own_authority_into_has_no_webhooks(training):
    training.settle()
    name = "validator.training-operator.kubeflow.org"
    assert "webhooks" not in training.cluster.find("ValidatingWebhookConfiguration", name)
    role = training.cluster.find("ClusterRole", "edge-training-operator-training-operator")
    writable = [rule for rule in role["rules"] if "update" in rule["verbs"] and "validating" in rule["resources"][0]]
    assert [rule["resourceNames"] for rule in writable] == [[name]]


def test_a_webhook_that_someone_else_left_blocks_naming_it(training):
    name = "validator.training-operator.kubeflow.org"
    training.cluster.add(
        f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{name}",
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
        },
        manager="kubectl",
    )
    status = training.settle().unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert name in status.message


def test_the_key_is_in_the_operators_file_alone(training):
    state = training.settle()
    key = training.deployment.files[CONTAINER]["/tmp/k8s-webhook-server/serving-certs/tls.key"].text
    public = [str(training.cluster.objects), str(state.relations), str(training.deployment.context.juju_log)]
    assert key not in " ".join(public)


def test_webhooks_go_before_all_else_and_definitions_stay(training):
    state = training.settle()
    training.cluster.calls.clear()
    training.deployment.run(training.deployment.context.on.stop(), testing.State(**{**vars(state), "planned_units": 0}))
    deleted = [call for call in training.cluster.calls if call.startswith("DELETE")]
    kinds = [call.split("/")[-2] for call in deleted]
    assert kinds[:2] == ["validatingwebhookconfigurations"] * 2
    assert "customresourcedefinitions" not in kinds
