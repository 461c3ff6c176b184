PREFIX = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/"


def test_roles_of_users_gather_what_may_be_done_with_jobs(training):
    training.settle()
    labels = {
        name: set(training.cluster.find("ClusterRole", f"kubeflow-training-{name}")["metadata"]["labels"])
        for name in ("admin", "edit", "view")
    }
    assert f"{PREFIX}admin" in labels["admin"]
    assert {f"{PREFIX}edit", f"{PREFIX}training-admin"} <= labels["edit"]
    assert f"{PREFIX}view" in labels["view"]


def test_guests_change_nothing(training):
    training.settle()
    rules = training.cluster.find("ClusterRole", "kubeflow-training-view")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_the_operator_works_in_profiles_alone_unless_an_operator_says_otherwise(training):
    confined = {f"{POLICIES}edge-training-operator-training-operator{end}" for end in ("", "-works-on")}
    state = training.settle()
    assert confined <= training.cluster.objects.keys()
    training.reconfigure(state, allow_outside_profiles=True)
    assert not confined & training.cluster.objects.keys()
