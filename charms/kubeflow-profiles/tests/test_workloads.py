import json
import shlex

import pytest
from ops import testing

CONTAINERS = ("profile-controller", "kfam", "poddefaults-webhook")


def test_with_a_gateway_the_unit_is_active(profiles):
    assert profiles.settle().unit_status == testing.ActiveStatus()


def test_each_container_has_an_identity_of_its_own(profiles):
    profiles.settle()
    for container in CONTAINERS:
        token = profiles.deployment.files[container]["/var/run/secrets/kubernetes.io/serviceaccount/token"].text
        assert token.startswith(f"kubeflow-profiles-{container} ")


def test_the_labels_of_users_namespaces_are_those_of_the_options(profiles):
    profiles.settle(config={"namespace-labels": "team=blue,old=", "security-policy": "baseline"})
    written = profiles.deployment.files["profile-controller"]["/etc/profile-controller/namespace-labels.yaml"]
    assert json.loads(written.text) == {
        "app.kubernetes.io/part-of": "kubeflow-profile",
        "old": "",
        "pod-security.kubernetes.io/enforce": "baseline",
        "team": "blue",
    }


def test_by_default_namespaces_are_labelled_as_upstream_does(profiles):
    profiles.settle()
    written = profiles.deployment.files["profile-controller"]["/etc/profile-controller/namespace-labels.yaml"]
    assert json.loads(written.text) == {
        "app.kubernetes.io/part-of": "kubeflow-profile",
        "katib.kubeflow.org/metrics-collector-injection": "enabled",
        "pipelines.kubeflow.org/enabled": "true",
        "pod-security.kubernetes.io/enforce": "privileged",
        "serving.kubeflow.org/inferenceservice": "enabled",
        "user.kubeflow.org/enabled": "true",
    }


def test_other_labels_restart_the_controller_alone(profiles):
    before = profiles.settle()
    after = profiles.reconfigure(before, namespace_labels="team=blue")
    changed = [name for name in CONTAINERS if profiles.service(before, name) != profiles.service(after, name)]
    assert changed == ["profile-controller"]


def test_users_are_known_by_the_header_that_the_gatekeeper_sets(profiles):
    state = profiles.settle()
    for container in ("profile-controller", "kfam"):
        assert "-userid-header kubeflow-userid -userid-prefix=" in profiles.service(state, container).command


def test_the_administrator_of_all_profiles_is_the_options(profiles):
    state = profiles.settle(config={"cluster-admin": "root@example.com"})
    assert "-cluster-admin=root@example.com " in profiles.service(state, "kfam").command


def test_there_may_be_several_of_them(profiles):
    state = profiles.settle(config={"cluster-admin": "root@example.com, ada@example.com,root@example.com"})
    assert "-cluster-admin=root@example.com,ada@example.com " in profiles.service(state, "kfam").command


def test_without_one_nobody_is(profiles):
    words = shlex.split(profiles.service(profiles.settle(), "kfam").command)
    assert [word for word in words if word.startswith("-cluster-admin")] == ["-cluster-admin="]


def test_the_ports_of_kfam_the_webhook_the_authorizer_and_metrics_are_open(profiles):
    opened = profiles.settle(config={"manager-port": 9090}).opened_ports
    assert opened == {testing.TCPPort(number) for number in (8081, 4443, 8083, 9090)}


def test_a_memory_limit_reaches_every_container(profiles):
    profiles.settle(config={"memory": "128Mi"})
    containers = profiles.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limits = {item["name"]: item.get("resources") for item in containers}
    assert {limits[name]["limits"]["memory"] for name in CONTAINERS} == {"128Mi"}


def test_an_unchanged_configuration_asks_kubernetes_nothing(profiles):
    state = profiles.settle()
    profiles.cluster.calls.clear()
    profiles.deployment.run(profiles.deployment.context.on.update_status(), state)
    assert profiles.cluster.calls == []


def test_another_unit_runs_the_workloads_with_the_leaders_certificate(profiles):
    leaders = profiles.settle()
    certificate = profiles.deployment.files["poddefaults-webhook"]["/etc/webhook/certs/cert.pem"]
    follower = profiles.settle(leader=False, secrets=leaders.secrets)
    assert follower.unit_status == testing.ActiveStatus()
    assert profiles.deployment.files["poddefaults-webhook"]["/etc/webhook/certs/cert.pem"] == certificate


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("security_policy", "strict", "option security-policy: it is unknown, expected one of privileged, base"),
        ("namespace_labels", "team", "option namespace-labels: it is no pair, expected key=value"),
        ("namespace_labels", "-x=1", "option namespace-labels: it is no label"),
        ("namespace_labels", "a=b/c", "option namespace-labels: it is no value of a label"),
        ("namespace_labels", "pod-security.kubernetes.io/enforce=x", "see security-policy"),
        ("gateway_principal", "gateway", "option gateway-principal: it is no principal, expected for example"),
        ("cluster_admin", "two users", "option cluster-admin: it is no user"),
        ("manager_port", 8081, "option manager-port: 8081 is taken by another program of the pod"),
        ("manager_port", 8083, "option manager-port: 8083 is taken by another program of the pod"),
        ("manager_port", 80, "option manager-port: 80 is no usable port"),
        ("memory", "much", "option memory: it is no quantity"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(profiles, option, value, message):
    assert message in profiles.blocked(**{option: value})


def test_no_program_starts_where_kubernetes_allows_everybody_everything(profiles):
    profiles.cluster.authorises = False
    state = profiles.settle()
    assert "run: microk8s enable rbac" in state.unit_status.message
    assert not [container.name for container in state.containers if container.plan.services]
