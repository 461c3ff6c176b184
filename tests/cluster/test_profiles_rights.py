"""kubeflow-profiles on a real API server: the users' roles, the rights of its programs, and its actions."""

from collections.abc import Callable

import pytest
import yaml
from support.apiserver import Object
from support.eventually import eventually
from support.profiles import ADA, BEN, ISTIO, PROFILES, RBAC, Profiles

AGGREGATE = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
GUARD = {"apiVersion": "security.istio.io/v1beta1", "kind": "AuthorizationPolicy"}
GUARDS = f"{ISTIO}/namespaces/{{}}/authorizationpolicies"
OWNER = {"kind": "User", "name": ADA}
PODDEFAULTS = "/apis/kubeflow.org/v1alpha1/namespaces/default/poddefaults"


def soon(look: Callable[[], bool]) -> None:
    """Wait for what Kubernetes' controllers, or its authorizer's cache, take a moment for."""
    eventually(look)


def bound(profiles: Profiles, namespace: str, role: str) -> str:
    """Let a user have a role in a namespace and return her name."""
    user = f"{role}@example.com"
    binding = {
        "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"kubeflow-{role}"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    profiles.http.post(f"{RBAC}/namespaces/{namespace}/rolebindings", json=binding).raise_for_status()
    return user


MAY = {
    "view": ["get pods", "get pods/log", "list poddefaults.kubeflow.org", "watch deployments.apps", "list events"],
    "edit": ["create pods", "get secrets", "create pods/exec", "delete persistentvolumeclaims", "patch jobs.batch"],
    "admin": ["create rolebindings.rbac.authorization.k8s.io", "list roles.rbac.authorization.k8s.io"],
}
"""What each role adds to the one before it."""
NEVER = [
    "impersonate serviceaccounts",
    "update resourcequotas",
    "delete namespaces",
    "create poddefaults.kubeflow.org",
    "get pods/proxy",
    "create pods/proxy",
]


@pytest.mark.parametrize("container", ["kfam", "profile-controller"])
def test_what_shares_profiles_shares_no_other_namespace(profiles: Profiles, namespace: str, container: str):
    guard = {**GUARD, "metadata": {"name": "shared"}, "spec": {"rules": [{}]}}

    def share(where: str) -> list[int]:
        with profiles.application.workload(container) as client:
            return [
                client.post(path.format(where), json=item, params={"dryRun": "All"}).status_code
                for path, item in (
                    (f"{RBAC}/namespaces/{{}}/rolebindings", binding("kubeflow-edit")),
                    (GUARDS, guard),
                )
            ]

    soon(lambda: share(namespace) == [201, 201])
    soon(lambda: share(profiles.application.model) == [403, 403])
    assert share("kube-system") == [403, 403]


@pytest.mark.parametrize("role", MAY)
def test_a_role_allows_what_it_says_and_no_more(profiles: Profiles, namespace: str, role: str):
    user = bound(profiles, namespace, role)
    names = list(MAY)
    granted = [action for name in names[: names.index(role) + 1] for action in MAY[name]]
    refused = [action for name in names[names.index(role) + 1 :] for action in MAY[name]] + NEVER

    def may(action: str) -> bool:
        return profiles.allowed(user, namespace, *action.split())

    soon(lambda: all(map(may, granted)))
    assert [action for action in refused if may(action)] == []
    assert not profiles.allowed(user, "default", "get", "pods")


def test_another_charms_part_becomes_part_of_the_roles_above_it(profiles: Profiles, namespace: str):
    user = bound(profiles, namespace, "admin")
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["create"]}
    part = {"metadata": {"name": "things-edit", "labels": {f"{AGGREGATE}edit": "true"}}, "rules": [rule]}
    profiles.http.post(f"{RBAC}/clusterroles", json=part).raise_for_status()
    soon(lambda: profiles.allowed(user, namespace, "create", "things.example.com"))
    profiles.http.delete(f"{RBAC}/clusterroles/things-edit").raise_for_status()


def binding(role: str) -> Object:
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": BEN}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    return {"metadata": {"name": role.lower()}, "roleRef": reference, "subjects": [subject]}


def test_the_controller_may_do_all_that_makes_a_profile(profiles: Profiles):
    wanted = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": "made"},
        "spec": {"owner": OWNER},
    }
    profile = profiles.http.post(PROFILES, json=wanted).raise_for_status().json()
    with profiles.application.workload("profile-controller") as client:
        soon(lambda: client.get(PROFILES).is_success)
        owner = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "name": "made", "uid": profile["metadata"]["uid"]}
        owned = {"ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}]}
        labels = {"app.kubernetes.io/part-of": "kubeflow-profile"}
        space = {"metadata": {"name": "made", "annotations": {"owner": ADA}, "labels": labels, **owned}}
        created = client.post("/api/v1/namespaces", json=space).raise_for_status().json()
        created["metadata"]["labels"]["team"] = "blue"
        client.put("/api/v1/namespaces/made", json=created).raise_for_status()
        for path, item in (
            ("/api/v1/namespaces/made/serviceaccounts", {"metadata": {"name": "default-editor", **owned}}),
            ("/api/v1/namespaces/made/resourcequotas", {"metadata": {"name": "quota"}, "spec": {"hard": {"cpu": "1"}}}),
            (f"{RBAC}/namespaces/made/rolebindings", binding("kubeflow-admin")),
            (f"{RBAC}/namespaces/made/rolebindings", binding("kubeflow-edit")),
            (f"{RBAC}/namespaces/made/rolebindings", binding("kubeflow-view")),
            (f"{ISTIO}/namespaces/made/authorizationpolicies", {"metadata": {"name": "ns-owner-access-istio"}}),
        ):
            group = path.removeprefix("/apis/").rpartition("/namespaces")[0]
            kinds = {ISTIO: GUARD}
            made = client.post(path, json={**kinds.get(f"/apis/{group}", {}), **item}).raise_for_status().json()
            client.put(f"{path}/{item['metadata']['name']}", json=made).raise_for_status()
            assert client.get(path.replace("/namespaces/made", "")).is_success
        client.delete("/api/v1/namespaces/made/resourcequotas/quota").raise_for_status()
        profile["metadata"]["finalizers"] = ["kubeflow.org/profile-finalizer"]
        profile = client.put(f"{PROFILES}/made", json=profile).raise_for_status().json()
        profile["status"] = {"conditions": [{"type": "Successful"}]}
        profile = client.put(f"{PROFILES}/made/status", json=profile).raise_for_status().json()
        profile["metadata"]["finalizers"] = []
        client.put(f"{PROFILES}/made", json=profile).raise_for_status()
        assert client.post(f"{RBAC}/namespaces/made/rolebindings", json=binding("cluster-admin")).status_code == 403
        for path in ("/api/v1/secrets", "/api/v1/pods", f"{RBAC}/clusterroles"):
            assert client.get(path).status_code == 403
        assert client.delete("/api/v1/namespaces/made").status_code == 403
    profiles.http.delete(f"{PROFILES}/made").raise_for_status()
    profiles.http.delete("/api/v1/namespaces/made")


def test_kfam_may_do_all_that_its_api_offers(profiles: Profiles, namespace: str):
    bindings = f"{RBAC}/namespaces/{namespace}/rolebindings"
    policies = f"{ISTIO}/namespaces/{namespace}/authorizationpolicies"
    policy = {"apiVersion": "security.istio.io/v1beta1", "kind": "AuthorizationPolicy", "metadata": {"name": "ben"}}
    profile = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Profile", "metadata": {"name": namespace}}
    beta = "/apis/kubeflow.org/v1beta1/profiles"
    with profiles.application.workload("kfam") as client:
        soon(lambda: client.get(beta).is_success)
        client.post(beta, json={**profile, "spec": {"owner": OWNER}}).raise_for_status()
        assert client.get(f"{beta}/{namespace}").json()["spec"]["owner"] == OWNER
        client.post(bindings, json=binding("kubeflow-edit")).raise_for_status()
        assert client.get(f"{RBAC}/rolebindings").is_success
        client.post(policies, json=policy).raise_for_status()
        for path in (f"{bindings}/kubeflow-edit", f"{policies}/ben", f"{beta}/{namespace}"):
            assert client.get(path).is_success
            client.delete(path).raise_for_status()
        assert client.post(bindings, json=binding("cluster-admin")).status_code == 403
        assert client.get("/api/v1/secrets").status_code == 403
        assert client.delete(f"/api/v1/namespaces/{namespace}").status_code == 403


def test_the_webhook_may_read_poddefaults_and_nothing_else(profiles: Profiles):
    where = PODDEFAULTS
    with profiles.application.workload("poddefaults-webhook") as client:
        soon(lambda: client.get(where).is_success)
        assert client.post(where, json={"metadata": {"name": "x"}}).status_code == 403
        for path in ("/api/v1/secrets", "/api/v1/namespaces/default/pods", PROFILES):
            assert client.get(path).status_code == 403


def test_the_actions_do_once_what_they_say(profiles: Profiles, namespace: str):
    parameters = {"owner": ADA, "name": namespace, "quota": "cpu=8,memory=32Gi,nvidia.com/gpu=1"}
    assert profiles.act("create-profile", **parameters)["changed"] == "true"
    assert profiles.act("create-profile", **parameters)["changed"] == "false"
    assert profiles.act("add-contributor", profile=namespace, user=BEN, role="view")["changed"] == "true"
    listed = yaml.safe_load(profiles.act("list-profiles")["profiles"])["profiles"]
    (mine,) = [item for item in listed if item["name"] == namespace]
    assert mine["resources"]["hard"]["requests.nvidia.com/gpu"] == "1"
    assert mine["contributors"] == [{"name": BEN, "role": "view"}]
    assert profiles.act("import-profiles", profiles=yaml.safe_dump([mine])) == {"changed": "", "unchanged": namespace}
    soon(lambda: profiles.allowed(BEN, namespace, "get", "pods"))
    assert not profiles.allowed(BEN, namespace, "create", "pods")


def test_a_quota_can_be_changed_and_labels_applied(profiles: Profiles, namespace: str):
    profiles.act("create-profile", owner=ADA, name=namespace, quota="cpu=8,memory=1Gi")
    profiles.act("create-profile", owner=ADA, name=namespace, quota="cpu=4")
    assert profiles.application.get(f"{PROFILES}/{namespace}")["spec"]["resourceQuotaSpec"] == {"hard": {"cpu": "4"}}
    assert namespace in profiles.act("apply-labels")["changed"].split()
    labels = profiles.application.get(f"/api/v1/namespaces/{namespace}")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "privileged"
    assert profiles.act("apply-labels")["changed"] == ""
