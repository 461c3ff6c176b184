import dataclasses

import pytest
from ops import testing

TRAINER, JOBSET = "trainer-controller", "jobset-controller"
PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
EXCLUSIVE = "alpha.jobset.sigs.k8s.io/exclusive-topology"


@pytest.mark.parametrize(
    ("name", "path", "resource", "operations"),
    [
        ("defaulter.trainjob.trainer.kubeflow.org", "/mutate-trainer-kubeflow-org-v1alpha1-trainjob", "trainjobs", 2),
        ("validator.trainjob.trainer.kubeflow.org", "/validate-trainer-kubeflow-org-v1alpha1-trainjob", "trainjobs", 2),
        (
            "validator.trainingruntime.trainer.kubeflow.org",
            "/validate-trainer-kubeflow-org-v1alpha1-trainingruntime",
            "trainingruntimes",
            2,
        ),
        (
            "validator.clustertrainingruntime.trainer.kubeflow.org",
            "/validate-trainer-kubeflow-org-v1alpha1-clustertrainingruntime",
            "clustertrainingruntimes",
            2,
        ),
        ("mjobset.kb.io", "/mutate-jobset-x-k8s-io-v1alpha2-jobset", "jobsets", 1),
        ("vjobset.kb.io", "/validate-jobset-x-k8s-io-v1alpha2-jobset", "jobsets", 2),
    ],
)
def test_what_users_write_is_checked_or_refused(trainer, name, path, resource, operations):
    trainer.settle()
    hook = trainer.hooks()[name]
    assert hook["clientConfig"]["service"]["path"] == path
    (rule,) = hook["rules"]
    assert (rule["resources"], rule["operations"]) == ([resource], ["CREATE", "UPDATE"][:operations])
    assert hook["failurePolicy"] == "Fail"
    assert [condition["name"] for condition in hook["matchConditions"]] == ["not-being-deleted"]


@pytest.mark.parametrize(("name", "path"), [("mpod.kb.io", "/mutate--v1-pod"), ("vpod.kb.io", "/validate--v1-pod")])
def test_of_pods_only_those_of_jobsets_that_want_nodes_for_themselves_wait_for_an_answer(trainer, name, path):
    trainer.settle()
    hook = trainer.hooks()[name]
    assert hook["clientConfig"]["service"]["path"] == path
    assert hook["namespaceSelector"] == {"matchLabels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
    assert hook["objectSelector"] == {
        "matchExpressions": [{"key": "jobset.sigs.k8s.io/jobset-name", "operator": "Exists"}]
    }
    (condition,) = hook["matchConditions"]
    assert EXCLUSIVE in condition["expression"]


def test_the_charms_own_runtimes_need_no_answer(trainer):
    trainer.settle()
    label, value = "trainer.kubeflow.org/webhook-validation", "disabled"
    hook = trainer.hooks()["validator.clustertrainingruntime.trainer.kubeflow.org"]
    assert hook["objectSelector"] == {"matchExpressions": [{"key": label, "operator": "NotIn", "values": [value]}]}
    runtime = trainer.cluster.find("ClusterTrainingRuntime", "torch-distributed")
    assert runtime["metadata"]["labels"][label] == value


def test_no_label_keeps_a_runtime_of_a_users_from_being_checked(trainer):
    trainer.settle()
    assert "objectSelector" not in trainer.hooks()["validator.trainingruntime.trainer.kubeflow.org"]


@pytest.mark.parametrize(
    ("silent", "missing", "there"),
    [(TRAINER, "trainer-edge", "trainer-jobset-edge"), (JOBSET, "trainer-jobset-edge", "trainer-edge")],
)
def test_webhooks_are_registered_only_once_their_own_program_answers(trainer, silent, missing, there):
    other = JOBSET if silent == TRAINER else TRAINER
    containers = {testing.Container(silent, can_connect=False), testing.Container(other, can_connect=True)}
    state = trainer.settle(containers=containers)
    assert f"container {silent} to start" in state.unit_status.message
    assert f"ValidatingWebhookConfiguration {missing}" not in trainer.cluster.kinds()
    assert f"ValidatingWebhookConfiguration {there}" in trainer.cluster.kinds()


def test_of_secrets_trainer_may_change_those_of_trainjobs_in_profiles_alone(trainer):
    trainer.settle()
    spec = trainer.cluster.find("ValidatingAdmissionPolicy", "trainer-trainer-edge")["spec"]
    (condition,) = spec["matchConditions"]
    assert "'system:serviceaccount:edge:trainer-trainer-controller'" in condition["expression"]
    assert "secrets" in spec["matchConstraints"]["resourceRules"][0]["resources"]
    assert [item["message"] for item in spec["validations"]] == [
        "only in the namespace of a profile",
        "of Secrets only those of TrainJobs",
    ]


def test_jobset_reads_no_secret(trainer):
    trainer.settle()
    rules = trainer.cluster.find("ClusterRole", "edge-trainer-jobset-controller")["rules"]
    assert not {"secrets", "*"} & {resource for rule in rules for resource in rule["resources"]}


def test_roles_of_users_gather_what_may_be_done_with_jobs(trainer):
    trainer.settle()
    labels = {
        name: set(trainer.cluster.find("ClusterRole", f"kubeflow-trainer-{name}")["metadata"]["labels"])
        for name in ("admin", "edit", "view")
    }
    assert f"{PREFIX}admin" in labels["admin"]
    assert {f"{PREFIX}edit", f"{PREFIX}trainer-admin"} <= labels["edit"]
    assert f"{PREFIX}view" in labels["view"]


@pytest.mark.parametrize("name", ["view", "view-cluster-runtimes"])
def test_guests_change_nothing(trainer, name):
    trainer.settle()
    rules = trainer.cluster.find("ClusterRole", f"kubeflow-trainer-{name}")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_everybody_sees_the_runtimes(trainer):
    trainer.settle()
    (subject,) = trainer.cluster.find("ClusterRoleBinding", "kubeflow-trainer-view-cluster-runtimes")["subjects"]
    assert subject["name"] == "system:authenticated"


def test_a_jobset_that_someone_else_installed_blocks_naming_it(trainer):
    name = "jobsets.jobset.x-k8s.io"
    item = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
    trainer.cluster.add(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", item, manager="kubectl")
    status = trainer.settle().unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert name in status.message


def test_webhooks_go_before_all_else_and_definitions_stay(trainer):
    state = trainer.settle()
    trainer.cluster.calls.clear()
    trainer.deployment.run(trainer.deployment.context.on.stop(), dataclasses.replace(state, planned_units=0))
    kinds = [call.split("/")[-2] for call in trainer.cluster.calls if call.startswith("DELETE")]
    assert set(kinds[:4]) == {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"}
    assert "clustertrainingruntimes" in kinds
    assert "customresourcedefinitions" not in kinds


def test_what_a_deleted_trainjob_owned_is_not_made_again_by_trainer_alone(trainer):
    trainer.settle()
    spec = trainer.cluster.find("ValidatingAdmissionPolicy", "trainer-going-edge")["spec"]
    (condition,) = spec["matchConditions"]
    assert condition["expression"].endswith(":trainer-trainer-controller'")
    assert {tuple(rule["operations"]) for rule in spec["matchConstraints"]["resourceRules"]} == {("CREATE",)}
    assert spec["failurePolicy"] == "Ignore"
