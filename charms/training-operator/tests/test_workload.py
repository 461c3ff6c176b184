import json

import pytest
from ops import testing

CONTAINER = "training-operator"
FOLDER = "/tmp/k8s-webhook-server/serving-certs"


def test_without_any_relation_the_unit_is_active(training):
    assert training.settle().unit_status == testing.ActiveStatus()


def test_several_units_agree_on_one_that_works(training):
    command = training.command(training.settle())
    assert command[0] == "/manager"
    assert {"--leader-elect", "--leader-election-id=training-operator-leader"} <= set(command)


def test_they_agree_by_a_lease_that_goes_with_the_application(training):
    training.settle()
    lease = training.cluster.find("Lease", "training-operator-leader")
    (owner,) = lease["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("StatefulSet", "training-operator")
    _, rule = training.cluster.find("Role", "training-operator-training-operator")["rules"]
    assert (rule["resourceNames"], rule["verbs"]) == (["training-operator-leader"], ["get", "update"])


def test_the_operator_serves_with_the_charms_certificate(training):
    training.settle()
    files = training.deployment.files[CONTAINER]
    assert files[f"{FOLDER}/tls.crt"].text.startswith("-----BEGIN CERTIFICATE")
    assert files[f"{FOLDER}/tls.key"].mode == 0o600


def test_it_keeps_its_own_authority_where_no_other_secret_is(training):
    state = training.settle()
    service = state.get_container(CONTAINER).plan.services[CONTAINER]
    assert service.environment == {"MY_POD_NAMESPACE": "edge-training-operator-certificates"}
    secrets = [path for path in training.cluster.objects if "/edge-training-operator-certificates/secrets/" in path]
    assert [path.rpartition("/")[2] for path in secrets] == ["training-operator-webhook-cert"]


@pytest.mark.parametrize("length", [31, 32, 63])
def test_the_name_of_a_model_may_be_long(training, length):
    model = "m" * length
    stateful_set = {**training.deployment.stateful_set, "metadata": {"name": "training-operator", "uid": "1"}}
    training.cluster.add(f"/apis/apps/v1/namespaces/{model}/statefulsets/training-operator", stateful_set)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": model}}
    training.cluster.add(f"/api/v1/namespaces/{model}", namespace)
    training.deployment.run(
        training.deployment.context.on.config_changed(), training.state(model=testing.Model(name=model))
    )
    namespaces = {item["metadata"]["name"] for item in training.cluster.objects.values() if item["kind"] == "Namespace"}
    (made,) = namespaces - {model, "edge"}
    assert len(made) <= 63


def test_it_may_read_no_other_secret_of_the_cluster(training):
    training.settle()
    roles = [item for item in training.cluster.objects.values() if item["kind"] in ("ClusterRole", "Role")]
    granting = [
        (role["kind"], role["metadata"].get("namespace"))
        for role in roles
        for rule in role.get("rules") or []
        if "secrets" in rule["resources"] or "*" in rule["resources"]
    ]
    assert granting == [("Role", "edge-training-operator-certificates")]


def test_threads_and_images_are_the_options(training):
    state = training.settle(
        config={"threads": 4, "pytorch-init-image": "registry/a:1", "kubectl-delivery-image": "registry/b:2"}
    )
    assert {
        "--controller-threads=4",
        "--pytorch-init-container-image=registry/a:1",
        "--mpi-kubectl-delivery-image=registry/b:2",
    } <= set(training.command(state))


def test_a_registry_of_ones_own_has_what_came_from_a_public_one(training):
    options = {"image-registry": "registry.site:5000", "kubectl-delivery-image": "registry/b:2"}
    assert {
        "--pytorch-init-container-image=registry.site:5000/library/alpine:3.10",
        "--mpi-kubectl-delivery-image=registry/b:2",
    } <= set(training.command(training.settle(config=options)))


def test_a_changed_option_changes_the_command(training):
    before = training.settle()
    after = training.reconfigure(before, threads=2)
    assert set(training.command(after)) - set(training.command(before)) == {"--controller-threads=2"}


def test_the_ports_of_the_webhooks_and_metrics_are_open(training):
    assert training.settle().opened_ports == {testing.TCPPort(9443), testing.TCPPort(8080)}


def test_a_memory_limit_reaches_the_container(training):
    training.settle(config={"memory": "256Mi"})
    (found,) = [
        item
        for item in training.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
        if item["name"] == CONTAINER
    ]
    assert found["resources"]["limits"]["memory"] == "256Mi"


def test_another_unit_serves_with_the_leaders_certificate(training):
    leaders = training.settle()
    certificate = training.deployment.files[CONTAINER][f"{FOLDER}/tls.crt"]
    follower = training.settle(leader=False, secrets=leaders.secrets)
    assert follower.unit_status == testing.ActiveStatus()
    assert training.deployment.files[CONTAINER][f"{FOLDER}/tls.crt"] == certificate


def test_an_unchanged_configuration_asks_kubernetes_nothing(training):
    state = training.settle()
    training.cluster.calls.clear()
    training.deployment.run(training.deployment.context.on.update_status(), state)
    assert training.cluster.calls == []


def test_the_dashboard_is_sent_a_link_to_the_documentation(training):
    relation = testing.Relation("dashboard-links", remote_app_name="kubeflow-dashboard")
    state = training.settle(relations=[relation])
    databag = state.get_relation(relation.id).local_app_data
    (link,) = json.loads(databag["dashboard_links"])
    assert link["location"] == "documentation"
    assert link["link"].startswith("https://www.kubeflow.org/docs/")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("gang_scheduler", "My Scheduler", "option gang-scheduler: it is no name"),
        ("threads", 0, "option threads: 0 is no number of threads, expected 1 to 100"),
        ("pytorch_init_image", "", "option pytorch-init-image: '' is no image"),
        ("kubectl_delivery_image", "an image", "option kubectl-delivery-image: it is no image"),
        ("memory", "much", "option memory: it is no quantity"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(training, option, value, message):
    assert message in training.blocked(**{option: value})


def test_a_bad_option_leaves_what_runs(training):
    before = training.settle()
    after = training.reconfigure(before, threads=0)
    assert training.command(after) == training.command(before)
    assert training.webhooks()
