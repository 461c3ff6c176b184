import base64

import pytest
from cryptography import x509
from ops import testing

PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
CERTIFICATE = "/tmp/k8s-webhook-server/serving-certs/tls.crt"
KEY = "/tmp/k8s-webhook-server/serving-certs/tls.key"
WEBHOOKS = [("MutatingWebhookConfiguration", "mutate"), ("ValidatingWebhookConfiguration", "validate")]


def webhook(notebooks, kind):
    (found,) = notebooks.cluster.find(kind, "notebooks-pvcviewers-edge")["webhooks"]
    return found


def rules(notebooks, name):
    return {
        (rule["apiGroups"][0], resource): rule["verbs"]
        for rule in notebooks.cluster.find("ClusterRole", name)["rules"]
        for resource in rule["resources"]
    }


def policies(notebooks):
    """Return the policies for users' servers and volumes, not those that keep programs to profiles."""
    return [kind for kind in notebooks.cluster.kinds() if "AdmissionPolicy" in kind and " notebooks-" in kind]


@pytest.mark.parametrize("part", ["notebook-ui", "volume-ui", "tensorboard-ui", "notebooks"])
@pytest.mark.parametrize("role", ["edit", "view"])
def test_users_roles_get_their_part_under_upstreams_name(notebooks, part, role):
    notebooks.settle()
    labels = notebooks.cluster.find("ClusterRole", f"kubeflow-{part}-{role}")["metadata"]["labels"]
    assert labels[f"{PREFIX}{role}"] == "true"


def test_a_namespaces_owner_may_do_with_servers_what_an_editor_may(notebooks):
    notebooks.settle()
    role = notebooks.cluster.find("ClusterRole", "kubeflow-notebooks-admin")
    (selector,) = role["aggregationRule"]["clusterRoleSelectors"]
    edit = notebooks.cluster.find("ClusterRole", "kubeflow-notebooks-edit")
    assert role["metadata"]["labels"][f"{PREFIX}admin"] == "true"
    assert selector["matchLabels"].items() <= edit["metadata"]["labels"].items()


def test_who_may_edit_makes_servers_volumes_and_tensorboards_and_who_views_does_not(notebooks):
    notebooks.settle()
    assert "create" in rules(notebooks, "kubeflow-notebooks-edit")["kubeflow.org", "notebooks"]
    assert "create" in rules(notebooks, "kubeflow-volume-ui-edit")["", "persistentvolumeclaims"]
    assert "create" in rules(notebooks, "kubeflow-tensorboard-ui-edit")["tensorboard.kubeflow.org", "tensorboards"]
    for part in ("notebooks", "notebook-ui", "volume-ui", "tensorboard-ui"):
        verbs = {verb for found in rules(notebooks, f"kubeflow-{part}-view").values() for verb in found}
        assert verbs <= {"get", "list", "watch"}


@pytest.mark.parametrize(
    "container",
    [
        "notebook-controller",
        "jupyter-web-app",
        "volumes-web-app",
        "pvcviewer-controller",
        "tensorboard-controller",
        "tensorboards-web-app",
    ],
)
def test_no_program_reads_secrets_or_hands_out_roles(notebooks, container):
    notebooks.settle()
    found = rules(notebooks, f"edge-notebooks-{container}")
    assert ("", "secrets") not in found
    assert all(group not in ("rbac.authorization.k8s.io", "*") for group, _ in found)


@pytest.mark.parametrize(("kind", "path"), WEBHOOKS)
def test_viewers_get_their_defaults_and_are_checked(notebooks, kind, path):
    notebooks.settle()
    found = webhook(notebooks, kind)
    assert found["clientConfig"]["service"] == {
        "name": "notebooks",
        "namespace": "edge",
        "path": f"/{path}-kubeflow-org-v1alpha1-pvcviewer",
        "port": 9443,
    }
    assert found["rules"][0]["operations"] == ["CREATE", "UPDATE"]
    assert found["rules"][0]["resources"] == ["pvcviewers"]


def test_the_webhooks_are_registered_only_once_they_answer(notebooks):
    starting = testing.Container("pvcviewer-controller", can_connect=False)
    others = {item for item in notebooks.state().containers if item.name != "pvcviewer-controller"}
    state = notebooks.settle(containers={starting, *others})
    assert "container pvcviewer-controller to start" in state.unit_status.message
    assert not [kind for kind in notebooks.cluster.kinds() if "WebhookConfiguration" in kind]


def test_the_api_server_trusts_the_webhooks_certificate_for_its_service(notebooks):
    notebooks.settle()
    certificate = x509.load_pem_x509_certificate(
        notebooks.deployment.files["pvcviewer-controller"][CERTIFICATE].text.encode()
    )
    for kind, _ in WEBHOOKS:
        bundle = base64.b64decode(webhook(notebooks, kind)["clientConfig"]["caBundle"])
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(bundle))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "notebooks.edge.svc" in names.get_values_for_type(x509.DNSName)


def test_only_the_controller_reads_its_key(notebooks):
    state = notebooks.settle()
    written = notebooks.deployment.files["pvcviewer-controller"][KEY]
    assert written.mode == 0o600
    public = [str(notebooks.cluster.objects), str(state.relations), notebooks.deployment.context.juju_log]
    assert written.text not in " ".join(map(str, public))


def test_without_a_maximum_nothing_is_refused(notebooks):
    notebooks.settle()
    assert policies(notebooks) == []


def test_servers_above_the_maximum_are_refused_by_kubernetes(notebooks):
    notebooks.configured(cpu_max="8", memory_max="16Gi")
    spec = notebooks.cluster.find("ValidatingAdmissionPolicy", "notebooks-servers-edge")["spec"]
    assert [item["message"] for item in spec["validations"]] == [
        "each container of a notebook needs a limit of cpu of at most 8",
        "each container of a notebook needs a limit of memory of at most 16Gi",
    ]
    binding = notebooks.cluster.find("ValidatingAdmissionPolicyBinding", "notebooks-servers-edge")["spec"]
    assert binding == {"policyName": "notebooks-servers-edge", "validationActions": ["Deny"]}


def test_volumes_above_the_maximum_are_refused_in_users_namespaces_alone(notebooks):
    notebooks.configured(volume_size_max="100Gi")
    spec = notebooks.cluster.find("ValidatingAdmissionPolicy", "notebooks-volumes-edge")["spec"]
    selector = spec["matchConstraints"]["namespaceSelector"]
    assert selector == {"matchLabels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
    assert "quantity('100Gi')" in spec["validations"][0]["expression"]


def test_a_maximum_that_is_taken_back_refuses_nothing_any_more(notebooks):
    state = notebooks.configured(cpu_max="8", volume_size_max="100Gi")
    assert len(policies(notebooks)) == 4
    notebooks.reconfigure(state, cpu_max="", volume_size_max="")
    assert policies(notebooks) == []
