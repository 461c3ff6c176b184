import base64

from cryptography import x509
from ops import testing

CERTIFICATE, KEY = "/etc/webhook/certs/cert.pem", "/etc/webhook/certs/key.pem"


def webhook(profiles):
    (found,) = profiles.cluster.find("MutatingWebhookConfiguration", "kubeflow-profiles-poddefaults-edge")["webhooks"]
    return found


def test_the_webhook_never_keeps_a_pod_from_starting(profiles):
    profiles.settle()
    assert webhook(profiles)["failurePolicy"] == "Ignore"
    assert webhook(profiles)["timeoutSeconds"] <= 5


def test_the_webhook_sees_new_pods_of_profiles_alone(profiles):
    profiles.settle()
    selector = webhook(profiles)["namespaceSelector"]
    assert selector["matchLabels"] == {"app.kubernetes.io/part-of": "kubeflow-profile"}
    assert "edge" in selector["matchExpressions"][0]["values"]
    (rule,) = webhook(profiles)["rules"]
    assert (rule["resources"], rule["operations"], rule["scope"]) == (["pods"], ["CREATE"], "Namespaced")


def test_the_webhook_is_registered_only_once_it_answers(profiles):
    starting = testing.Container("poddefaults-webhook", can_connect=False)
    others = {
        testing.Container(name, can_connect=True)
        for name in ("profile-controller", "kfam", "profile-manifests", "page-authorizer")
    }
    state = profiles.settle(containers={starting, *others})
    assert "container poddefaults-webhook to start" in state.unit_status.message
    assert not [kind for kind in profiles.cluster.kinds() if kind.startswith("Mutating")]


def test_the_api_server_trusts_the_webhooks_certificate_for_its_service(profiles):
    profiles.settle()
    files = profiles.deployment.files["poddefaults-webhook"]
    certificate = x509.load_pem_x509_certificate(files[CERTIFICATE].text.encode())
    authority = x509.load_pem_x509_certificate(base64.b64decode(webhook(profiles)["clientConfig"]["caBundle"]))
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "kubeflow-profiles.edge.svc" in names.get_values_for_type(x509.DNSName)
    service = webhook(profiles)["clientConfig"]["service"]
    assert (service["name"], service["namespace"], service["port"]) == ("kubeflow-profiles", "edge", 4443)


def test_only_the_webhook_reads_its_key(profiles):
    state = profiles.settle()
    files = profiles.deployment.files["poddefaults-webhook"]
    key = files[KEY].text
    assert files[KEY].mode == 0o600
    public = [str(profiles.cluster.objects), str(state.relations), profiles.deployment.context.juju_log]
    assert key not in " ".join(map(str, public))
