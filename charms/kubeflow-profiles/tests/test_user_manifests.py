"""What related applications want in every profile's namespace, and what the program that places it is told."""

import dataclasses
import json
from typing import Any

import pytest
from ops import testing
from support.deployment import passing

FOLDER = "/etc/profile-manifests"
DEFAULT = {
    "apiVersion": "kubeflow.org/v1alpha1",
    "kind": "PodDefault",
    "metadata": {"name": "access-ml-pipeline"},
    "spec": {"selector": {"matchLabels": {"access-ml-pipeline": "true"}}},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "minio"}, "stringData": {"key": "hunter2"}}
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "jobs"},
    "rules": [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}],
}
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "jobs"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "jobs"},
    "subjects": [{"kind": "ServiceAccount", "name": "default-editor"}],
}
POLICY = {
    "apiVersion": "security.istio.io/v1",
    "kind": "AuthorizationPolicy",
    "metadata": {"name": "notebook-activity"},
    "spec": {"action": "ALLOW", "rules": [{"to": [{"operation": {"paths": ["*/api/kernels"]}}]}]},
}
OWNER = "edge-kubeflow-profiles-pod-defaults"
OURS = ("secret-rights-rolebindings", "profile-network-networkpolicies")


def plain(*objects: Any) -> dict[str, str]:
    return {"kubernetes_manifests": json.dumps(objects)}


def sender(endpoint: str, databag: dict[str, str], name: str = "pipelines") -> testing.Relation:
    return testing.Relation(endpoint, remote_app_name=name, remote_app_data=databag)


def settled(profiles: Any, *relations: testing.Relation, **changes: Any) -> testing.State:
    state = profiles.state(**changes)
    return profiles.deployment.settle(dataclasses.replace(state, relations={*state.relations, *relations}))


def told(profiles: Any) -> dict[str, Any]:
    """Return what the program reads."""
    return json.loads(profiles.deployment.files["profile-manifests"][f"{FOLDER}/manifests.json"].text)


def objects(profiles: Any) -> list[Any]:
    """Return the objects that the program is to place for related applications."""
    senders = [sender for sender in told(profiles)["senders"] if not sender_is_own(sender)]
    return [placed["object"] for sender in senders for placed in sender["objects"]]


def sender_is_own(sender: dict[str, Any]) -> bool:
    return any(placed["owner"].endswith(OURS) for placed in sender["objects"])


def rules(profiles: Any) -> list[dict[str, Any]]:
    return profiles.cluster.find("ClusterRole", "edge-kubeflow-profiles-profile-manifests")["rules"]


def test_without_relations_the_program_places_nothing_but_what_is_ours(profiles):
    state = settled(profiles)
    assert state.unit_status == testing.ActiveStatus()
    assert ([kind["kind"] for kind in told(profiles)["kinds"]], objects(profiles)) == (
        ["NetworkPolicy", "LimitRange"],
        [],
    )
    assert [(rule["resources"], rule["verbs"]) for rule in rules(profiles)] == [
        (["namespaces"], ["list", "watch"]),
        (["profiles"], ["list"]),
        (["serviceaccounts"], ["list", "patch", "watch"]),
        (["clusterroles"], ["get"]),
        (["networkpolicies"], ["get", "list", "create", "patch", "delete"]),
        (["limitranges"], ["get", "list", "create", "patch", "delete"]),
    ]


def test_pods_of_other_profiles_are_kept_off_unless_an_operator_lets_them(profiles):
    state = settled(profiles)
    (sent,) = told(profiles)["senders"]
    (policy,) = [placed["object"] for placed in sent["objects"]]
    assert (policy["kind"], policy["spec"]["podSelector"], sent["selector"]) == ("NetworkPolicy", {}, {})
    ((own, elsewhere, *blocks),) = [rule["from"] for rule in policy["spec"]["ingress"]]
    assert own == {"podSelector": {}}
    (expression,) = elsewhere["namespaceSelector"]["matchExpressions"]
    assert (expression["operator"], expression["values"]) == ("NotIn", ["kubeflow-profile"])
    assert all("ipBlock" in block for block in blocks)
    profiles.reconfigure(state, allow_between_profiles=True)
    assert told(profiles)["senders"] == []


def test_poddefaults_of_a_related_application_are_placed(profiles):
    state = settled(profiles, sender("pod-defaults", plain(DEFAULT)))
    assert state.unit_status == testing.ActiveStatus()
    assert objects(profiles) == [DEFAULT]
    assert told(profiles)["profiles"] == "app.kubernetes.io/part-of=kubeflow-profile"
    (kind, *_) = told(profiles)["kinds"]
    _, sent = told(profiles)["senders"]
    assert (kind["plural"], sent["objects"][0]["owner"]) == ("poddefaults", OWNER)


def test_the_program_may_write_what_is_related_and_no_more(profiles):
    settled(profiles, sender("pod-defaults", plain(DEFAULT)))
    written = [rule["resources"] for rule in rules(profiles) if "create" in rule["verbs"]]
    assert written == [["poddefaults"], ["networkpolicies"], ["limitranges"]]


def test_what_is_placed_belongs_to_an_object_that_goes_with_the_relation(profiles):
    relation = sender("pod-defaults", plain(DEFAULT))
    state = settled(profiles, relation)
    assert f"ClusterRole {OWNER}" in profiles.cluster.kinds()
    relation = state.get_relation(relation.id)
    profiles.deployment.run(profiles.deployment.context.on.relation_broken(relation), passing(state))
    assert f"ClusterRole {OWNER}" not in profiles.cluster.kinds()
    assert objects(profiles) == []


def test_a_secret_comes_through_a_secret_of_juju_and_is_in_nothing_that_others_read(profiles):
    secret = testing.Secret({"manifests": json.dumps([SECRET])})
    relation = sender("secrets", {"kubernetes_manifests": secret.id, "is_secret": "true"}, "minio")
    state = settled(profiles, relation, secrets={secret})
    (item,) = objects(profiles)
    assert item == SECRET
    assert profiles.deployment.files["profile-manifests"][f"{FOLDER}/manifests.json"].mode == 0o600
    public = [
        profiles.cluster.objects,
        profiles.deployment.context.juju_log,
        profiles.service(state, "profile-manifests"),
    ]
    assert not [word for word in ("hunter2", "aHVudGVyMg==") if word in str(public)]


def test_while_a_secret_is_not_granted_yet_the_program_goes_on_with_what_it_has(profiles):
    state = settled(profiles, sender("pod-defaults", plain(DEFAULT)))
    more = sender("secrets", {"kubernetes_manifests": "secret:cvq0rvfmp25c77vd1a50", "is_secret": "true"}, "minio")
    state = dataclasses.replace(state, relations={*state.relations, more})
    state = profiles.deployment.run(profiles.deployment.context.on.relation_changed(more), passing(state))
    assert state.unit_status == testing.WaitingStatus("waiting for the secret of a related application to be granted")
    assert objects(profiles) == [DEFAULT]


def test_whoever_hands_out_a_role_has_its_rights_and_may_bind_it(profiles):
    settled(profiles, sender("roles", plain(ROLE)), sender("role-bindings", plain(BINDING)))
    assert ROLE["rules"][0] in rules(profiles)
    bound = {rule["resources"][0]: rule["resourceNames"] for rule in rules(profiles) if rule["verbs"] == ["bind"]}
    assert bound == {"roles": ["jobs"]}


def test_policies_of_the_mesh_are_placed_as_any_other_object(profiles):
    settled(profiles, sender("authorization-policies", plain(POLICY)))
    assert objects(profiles) == [POLICY]
    assert ["authorizationpolicies"] in [rule["resources"] for rule in rules(profiles)]


def test_an_application_that_says_nothing_yet_keeps_nobody_waiting(profiles):
    assert settled(profiles, sender("pod-defaults", {})).unit_status == testing.ActiveStatus()


def test_two_applications_that_send_one_object_are_named_and_the_first_counts(profiles):
    other = {**DEFAULT, "spec": {}}
    first, second = sender("pod-defaults", plain(DEFAULT), "one"), sender("pod-defaults", plain(other), "two")
    state = settled(profiles, first, second)
    assert "one and two send the PodDefault access-ml-pipeline twice" in state.unit_status.message
    assert objects(profiles) == [DEFAULT]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kubernetes_manifests": "{}"}, "lists no objects"),
        ({"kubernetes_manifests": "secret:"}, "lists no objects"),
        (plain({**DEFAULT, "kind": "Pod", "apiVersion": "v1"}), "a Pod of v1, expected one of"),
        ({**plain(DEFAULT), "namespace_selector": "[]"}, "namespace_selector is no mapping of texts"),
    ],
)
def test_an_application_that_sends_nonsense_is_named_and_the_others_are_served(profiles, sent, said):
    good, bad = sender("pod-defaults", plain(DEFAULT)), sender("pod-defaults", sent, "odd")
    state = settled(profiles, good, bad)
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "odd sends invalid data" in state.unit_status.message
    assert said in state.unit_status.message
    assert objects(profiles) == [DEFAULT]


def test_the_program_is_kept_to_profiles_namespaces_by_the_api_server(profiles):
    settled(profiles)
    policy = profiles.cluster.find("ValidatingAdmissionPolicy", "edge-kubeflow-profiles-profile-manifests")["spec"]
    (who,) = policy["matchConditions"]
    assert "system:serviceaccount:edge:kubeflow-profiles-profile-manifests" in who["expression"]
    binding = profiles.cluster.find("ValidatingAdmissionPolicyBinding", "edge-kubeflow-profiles-profile-manifests")
    assert binding["spec"]["validationActions"] == ["Deny"]
