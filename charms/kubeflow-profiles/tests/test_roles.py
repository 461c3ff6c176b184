import pytest

AGGREGATE = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"


def test_each_role_gathers_what_bears_its_label_and_is_part_of_the_next(profiles):
    profiles.settle()
    found = {}
    for name in ("admin", "edit", "view"):
        role = profiles.cluster.find("ClusterRole", f"kubeflow-{name}")
        (selector,) = role["aggregationRule"]["clusterRoleSelectors"]
        assert selector["matchLabels"] == {f"{AGGREGATE}{name}": "true"}
        assert "rules" not in role
        found[name] = [label for label in role["metadata"]["labels"] if label.startswith(AGGREGATE)]
    assert found == {"admin": [], "edit": [f"{AGGREGATE}admin"], "view": [f"{AGGREGATE}edit"]}


def test_no_workload_may_do_everything(profiles):
    profiles.settle()
    for container in ("profile-controller", "kfam", "poddefaults-webhook"):
        role = profiles.cluster.find("ClusterRole", f"edge-kubeflow-profiles-{container}")
        assert not [rule for rule in role["rules"] if "*" in rule["verbs"] + rule["resources"] + rule["apiGroups"]]


def test_only_the_three_roles_may_be_handed_out(profiles):
    profiles.settle()
    for container in ("profile-controller", "kfam"):
        role = profiles.cluster.find("ClusterRole", f"edge-kubeflow-profiles-{container}")
        (rule,) = [rule for rule in role["rules"] if "clusterroles" in rule["resources"]]
        assert rule["verbs"] == ["bind"]
        assert rule["resourceNames"] == ["kubeflow-admin", "kubeflow-edit", "kubeflow-view"]


def test_the_controller_can_delete_no_namespace(profiles):
    profiles.settle()
    role = profiles.cluster.find("ClusterRole", "edge-kubeflow-profiles-profile-controller")
    assert not [rule for rule in role["rules"] if "namespaces" in rule["resources"] and "delete" in rule["verbs"]]


@pytest.mark.parametrize("role", ["edit", "view"])
def test_users_may_read_endpoints_and_write_none(profiles, role):
    profiles.settle()
    rules = profiles.cluster.find("ClusterRole", f"kubeflow-kubernetes-{role}")["rules"]
    verbs = {verb for rule in rules if "endpoints" in rule["resources"] for verb in rule["verbs"]}
    assert verbs == {"edit": set(), "view": {"get", "list", "watch"}}[role]


@pytest.mark.parametrize("allowed", [False, True])
def test_pods_are_kept_from_their_node_unless_the_option_lets_them(profiles, allowed):
    profiles.settle(config={"allow-host-access": allowed})
    policies = profiles.cluster.kinds()
    assert ("ValidatingAdmissionPolicy kubeflow-profiles-pods-edge" in policies) is not allowed
    assert "ValidatingAdmissionPolicyBinding kubeflow-profiles-services-edge" in policies


def test_what_the_policies_are_about_are_profiles_alone(profiles):
    profiles.settle()
    for name in ("services", "endpoints", "notebook-headers", "route-headers", "pods"):
        spec = profiles.cluster.find("ValidatingAdmissionPolicy", f"kubeflow-profiles-{name}-edge")["spec"]
        selector = spec["matchConstraints"]["namespaceSelector"]
        assert selector == {"matchLabels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
        assert spec["failurePolicy"] == "Fail"
