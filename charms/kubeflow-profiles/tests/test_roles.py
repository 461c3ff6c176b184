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
