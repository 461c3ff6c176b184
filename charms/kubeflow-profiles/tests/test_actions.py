import json
from typing import Any

import pytest
import yaml

OUTLIVES = {"model.juju.is/disable-webhook": "true"}
ADA, BEN = "ada@example.com", "ben.b@example.com"
BINDING = "user-ben-b-example-com-clusterrole-edit"


def listed(profiles: Any) -> list[Any]:
    return yaml.safe_load(profiles.act("list-profiles")["profiles"])["profiles"]


def applied(profiles: Any) -> list[str]:
    """Return what was changed in the cluster since the last time."""
    changes = [call for call in profiles.cluster.calls if not call.startswith("GET")]
    profiles.cluster.calls.clear()
    return changes


def test_a_profile_is_made_for_its_owner(profiles):
    assert profiles.act("create-profile", owner=ADA, name="ada") == {"profile": "ada", "changed": "true"}
    profile = profiles.cluster.find("Profile", "ada")
    assert profile["spec"] == {"owner": {"kind": "User", "name": ADA}}


def test_a_profile_outlives_the_application_that_made_it(profiles):
    profiles.act("create-profile", owner=ADA, name="ada")
    metadata = profiles.cluster.find("Profile", "ada")["metadata"]
    assert metadata["labels"] == OUTLIVES
    assert "ownerReferences" not in metadata


def test_a_quota_counts_gpus_as_kubernetes_wants_them_named(profiles):
    profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=8,memory=32Gi,nvidia.com/gpu=1")
    assert profiles.cluster.find("Profile", "ada")["spec"]["resourceQuotaSpec"] == {
        "hard": {"cpu": "8", "memory": "32Gi", "requests.nvidia.com/gpu": "1"}
    }


def test_making_a_profile_twice_changes_nothing(profiles):
    profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=8")
    applied(profiles)
    assert profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=8")["changed"] == "false"
    assert applied(profiles) == []


def test_making_it_again_without_a_quota_leaves_the_quota(profiles):
    profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=8")
    assert profiles.act("create-profile", owner=ADA, name="ada")["changed"] == "false"


def test_another_quota_takes_the_first_ones_place(profiles):
    profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=8")
    assert profiles.act("create-profile", owner=ADA, name="ada", quota="cpu=16")["changed"] == "true"
    assert profiles.cluster.find("Profile", "ada")["spec"]["resourceQuotaSpec"]["hard"] == {"cpu": "16"}


def test_a_profile_that_the_dashboard_made_is_left_alone(profiles):
    profiles.profile("ada", ADA)
    assert profiles.act("create-profile", owner=ADA, name="ada")["changed"] == "false"
    assert "kubectl edit profile ada" in profiles.refused("create-profile", owner=ADA, name="ada", quota="cpu=8")
    assert applied(profiles) == []


def test_anothers_profile_is_refused_naming_the_owner(profiles):
    profiles.profile("ada", ADA)
    assert f"belongs to {ADA}" in profiles.refused("create-profile", owner=BEN, name="ada")


def test_a_namespace_that_is_no_profile_is_refused_with_what_to_type(profiles):
    profiles.namespace("monitoring", None)
    message = profiles.refused("create-profile", owner=ADA, name="monitoring")
    assert f"kubectl annotate namespace monitoring owner={ADA}" in message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"name": "Ada", "owner": ADA}, "name: 'Ada' is no name, expected small letters"),
        ({"name": "ada", "owner": "Ada L"}, "'Ada L' is no user, expected the name"),
        ({"name": "ada", "owner": ADA, "quota": "cpu"}, "'cpu' is no pair"),
        ({"name": "ada", "owner": ADA, "quota": "cpu=many"}, "'many' is no quantity of cpu, expected"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_was_expected(profiles, parameters, message):
    assert message in profiles.refused("create-profile", **parameters)


def test_a_contributor_gets_the_role_and_the_policy_that_kfam_would_give(profiles):
    profiles.profile("ada", ADA)
    assert profiles.act("add-contributor", profile="ada", user=BEN)["changed"] == "true"
    binding = profiles.cluster.find("RoleBinding", BINDING)
    assert binding["roleRef"]["name"] == "kubeflow-edit"
    assert [subject["name"] for subject in binding["subjects"]] == [BEN]
    assert binding["metadata"]["annotations"] == {"user": BEN, "role": "edit"}
    assert binding["metadata"]["labels"] == OUTLIVES
    (rule,) = profiles.cluster.find("AuthorizationPolicy", BINDING)["spec"]["rules"]
    assert rule["when"] == [{"key": "request.headers[kubeflow-userid]", "values": [BEN]}]
    assert "cluster.local/ns/edge/sa/istio-ingressgateway" in rule["from"][0]["source"]["principals"]


def test_adding_a_contributor_twice_changes_nothing(profiles):
    profiles.profile("ada", ADA)
    profiles.act("add-contributor", profile="ada", user=BEN)
    applied(profiles)
    assert profiles.act("add-contributor", profile="ada", user=BEN)["changed"] == "false"
    assert applied(profiles) == []


def test_a_contributor_who_would_share_anothers_objects_is_refused_naming_both(profiles):
    other = "ben.b@example.com"
    profiles.profile("ada", ADA)
    profiles.act("add-contributor", profile="ada", user="ben-b@example.com")
    message = profiles.refused("add-contributor", profile="ada", user=other)
    assert f"{other} cannot be edit in profile ada beside ben-b@example.com" in message
    assert profiles.act("add-contributor", profile="ada", user=other, role="view")["changed"] == "true"


@pytest.mark.parametrize("user", ["*@example.com", "ben*", "*"])
def test_a_pattern_is_no_user(profiles, user):
    profiles.profile("ada", ADA)
    assert f"{user!r} is no user" in profiles.refused("add-contributor", profile="ada", user=user)
    assert f"{user!r} is no user" in profiles.refused("create-profile", owner=user, name="ben")


def test_a_contributor_of_a_profile_that_is_not_there_is_refused(profiles):
    assert "there is no profile ada" in profiles.refused("add-contributor", profile="ada", user=BEN)


def test_the_owner_is_no_contributor(profiles):
    profiles.profile("ada", ADA)
    assert f"{ADA} owns profile ada" in profiles.refused("add-contributor", profile="ada", user=ADA)


FILE = [
    {"name": "ada", "owner": ADA, "quota": {"cpu": 8, "nvidia.com/gpu": 1}},
    {"name": "team", "owner": BEN, "contributors": [{"name": ADA, "role": "view"}]},
]


def prepared(profiles: Any) -> Any:
    """Let the controller's work be there already."""
    profiles.namespace("ada", ADA)
    profiles.namespace("team", BEN)
    return profiles


def test_a_file_of_profiles_becomes_profiles_with_contributors(profiles):
    assert prepared(profiles).act("import-profiles", profiles=yaml.safe_dump(FILE)) == {
        "changed": "ada team",
        "unchanged": "",
    }
    assert profiles.cluster.find("Profile", "ada")["spec"]["resourceQuotaSpec"]["hard"]["cpu"] == "8"
    assert profiles.cluster.find("RoleBinding", "user-ada-example-com-clusterrole-view")


def test_the_name_that_the_action_had_works_for_a_release_and_says_what_it_is_called_now(profiles):
    answer = profiles.act("initialise-from", profiles=yaml.safe_dump(FILE[:1]))
    assert (answer["changed"], "import-profiles" in answer["renamed"]) == ("ada", True)


def test_the_list_may_be_under_a_key_as_it_is_shown(profiles):
    text = yaml.safe_dump({"profiles": FILE[:1]})
    assert profiles.act("import-profiles", profiles=text)["changed"] == "ada"


@pytest.mark.parametrize("text", ["a: [", "ada", "profiles: ada", ""])
def test_a_text_that_holds_no_profiles_is_refused_with_what_was_expected(profiles, text):
    assert "expected a list of profiles with name and owner" in profiles.refused("import-profiles", profiles=text)


def test_names_that_are_numbers_are_as_they_were_typed(profiles):
    profiles.namespace("2026", "007")
    text = "[{name: 2026, owner: 007, contributors: [{name: 4711}]}]"
    assert profiles.act("initialise-from", profiles=text)["changed"] == "2026"
    assert profiles.cluster.find("Profile", "2026")["spec"]["owner"] == {"kind": "User", "name": "007"}
    assert profiles.cluster.find("RoleBinding", "user-4711-clusterrole-edit")["subjects"][0]["name"] == "4711"


def test_a_file_that_was_read_already_changes_nothing(profiles):
    prepared(profiles).act("import-profiles", profiles=yaml.safe_dump(FILE))
    applied(profiles)
    assert profiles.act("import-profiles", profiles=yaml.safe_dump(FILE)) == {"changed": "", "unchanged": "ada team"}
    assert applied(profiles) == []


def test_what_is_listed_can_be_read_again(profiles):
    prepared(profiles).act("import-profiles", profiles=yaml.safe_dump(FILE))
    documents = listed(profiles)
    assert documents == [
        {"name": "ada", "owner": ADA, "resources": {"hard": {"cpu": "8", "requests.nvidia.com/gpu": "1"}}},
        {"name": "team", "owner": BEN, "contributors": [{"name": ADA, "role": "view"}]},
    ]
    assert profiles.act("import-profiles", profiles=yaml.safe_dump(documents))["changed"] == ""


def test_a_file_of_the_published_automator_is_read(profiles):
    item = {
        "name": "ada",
        "owner": {"kind": "User", "name": ADA},
        "resources": {"hard": {"limits.cpu": "1"}},
        "contributors": [],
    }
    profiles.act("import-profiles", profiles=yaml.safe_dump([item]))
    assert profiles.cluster.find("Profile", "ada")["spec"] == {
        "owner": item["owner"],
        "resourceQuotaSpec": item["resources"],
    }


def test_all_that_is_wrong_in_a_file_is_named_before_anything_is_made(profiles):
    items = [{"name": "ada"}, {"name": "ben", "owner": BEN, "quotas": {}}, {"name": "ok", "owner": BEN}]
    message = profiles.refused("import-profiles", profiles=yaml.safe_dump(items))
    assert "profile ada: None is no user" in message
    assert "profile ben: quotas is unknown" in message
    assert applied(profiles) == []


def test_one_profile_that_cannot_be_made_keeps_none_of_the_others_from_being_made(profiles):
    profiles.namespace("monitoring", None)
    items = [{"name": "monitoring", "owner": ADA}, {"name": "ada", "owner": ADA}]
    assert "namespace monitoring is there already" in profiles.refused(
        "import-profiles", profiles=yaml.safe_dump(items)
    )
    assert profiles.cluster.find("Profile", "ada")


def test_a_contributor_waits_for_the_namespace_and_can_be_added_again(profiles):
    message = profiles.refused("import-profiles", profiles=yaml.safe_dump(FILE))
    assert message == "waiting for the namespace of profile team, then run the action again"
    assert prepared(profiles).act("import-profiles", profiles=yaml.safe_dump(FILE))["changed"] == "team"


def test_a_profile_that_failed_is_listed_with_the_reason(profiles):
    profile = profiles.profile("ada", ADA)
    profile["status"] = {"conditions": [{"type": "Failed", "message": "namespace already exist"}]}
    assert listed(profiles)[0]["problem"] == "namespace already exist"


def test_without_profiles_the_list_is_empty(profiles):
    assert listed(profiles) == []


def test_labels_of_namespaces_that_exist_follow_the_options_when_told_to(profiles):
    enforced = {"app.kubernetes.io/part-of": "kubeflow-profile", "pod-security.kubernetes.io/enforce": "baseline"}
    profiles.profile("ada", ADA)["metadata"]["labels"] = {}
    namespace = profiles.namespace("ada", ADA, **enforced)
    other = profiles.namespace("monitoring", None)
    assert profiles.act("apply-labels")["changed"] == "ada"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert other["metadata"]["labels"] == {}
    assert profiles.act("apply-labels")["changed"] == ""


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("nvidia.com/gpu", "requests.nvidia.com/gpu"),
        ("requests.amd.com/gpu", "requests.amd.com/gpu"),
        ("count/notebooks.kubeflow.org", "count/notebooks.kubeflow.org"),
        ("count/pods", "count/pods"),
        ("count/deployments.apps", "count/deployments.apps"),
        ("fast.storageclass.storage.k8s.io/requests.storage", "fast.storageclass.storage.k8s.io/requests.storage"),
        (
            "a.b.storageclass.storage.k8s.io/persistentvolumeclaims",
            "a.b.storageclass.storage.k8s.io/persistentvolumeclaims",
        ),
        ("gpu.deviceclass.resource.k8s.io/devices", "gpu.deviceclass.resource.k8s.io/devices"),
        ("limits.cpu", "limits.cpu"),
        ("hugepages-2Mi", "hugepages-2Mi"),
        ("services.loadbalancers", "services.loadbalancers"),
    ],
)
def test_a_quota_has_the_names_that_kubernetes_counts_by_action_and_by_file(profiles, given, counted):
    prepared(profiles)
    profiles.act("create-profile", owner=ADA, name="ada", quota=f"{given}=3")
    items = [{"name": "team", "owner": BEN, "quota": {given: 3}}]
    profiles.act("import-profiles", profiles=yaml.safe_dump(items))
    found = [profiles.cluster.find("Profile", name)["spec"]["resourceQuotaSpec"] for name in ("ada", "team")]
    assert found == [{"hard": {counted: "3"}}] * 2


@pytest.mark.parametrize(
    "quota",
    [
        "gpu=1",
        "limitsCpu=4",
        "CPU=4",
        "requests.pods=1",
        "limits.nvidia.com/gpu=1",
        "nvidia.com/gpu=0.5",
        "pods=1500m",
        "fast.storageclass.storage.k8s.io/storage=1Gi",
        "kubernetes.io/x=1",
        "cpu=-1",
        "cpu=1e3",
        "/x=1",
        "a/b/c=1",
        "nvidia.com/gpu=1,requests.nvidia.com/gpu=2",
        "count/notebooks=3",
        "count/Notebooks.kubeflow.org=3",
        "count/pod=3",
        "count/notebooks.=3",
        "requests.count/pods=3",
    ],
)
def test_a_quota_that_kubernetes_refuses_or_never_counts_is_refused_by_action_and_by_file(profiles, quota):
    assert "quota: " in profiles.refused("create-profile", owner=ADA, name="ada", quota=quota)
    amounts = dict(pair.split("=") for pair in quota.split(","))
    for form in ({"quota": amounts}, {"resources": {"hard": amounts}}):
        items = [{"name": "ada", "owner": ADA, **form}]
        assert "profile ada: quota: " in profiles.refused("import-profiles", profiles=yaml.safe_dump(items))
    assert applied(profiles) == []


@pytest.mark.parametrize(
    "spec", [{"hard": {}, "soft": {}}, {"hard": {}, "scopes": ["Some"]}, {"hard": {}, "scopes": "a"}]
)
def test_a_specification_that_kubernetes_refuses_is_refused(profiles, spec):
    items = [{"name": "ada", "owner": ADA, "resources": spec}]
    assert "profile ada: resources" in profiles.refused("import-profiles", profiles=yaml.safe_dump(items))


@pytest.mark.parametrize("user", ["ADA@example.com", "Ada@example.com"])
def test_a_contributor_who_differs_from_the_owner_in_capitals_alone_is_told(profiles, user):
    profiles.profile("ada", ADA)
    assert f"{ADA} is in profile ada already" in profiles.refused("add-contributor", profile="ada", user=user)


def test_contributors_who_differ_in_capitals_alone_are_told(profiles):
    profiles.profile("ada", ADA)
    profiles.act("add-contributor", profile="ada", user=BEN)
    message = profiles.refused("add-contributor", profile="ada", user=BEN.upper())
    assert f"{BEN} is in profile ada already" in message
    assert profiles.act("add-contributor", profile="ada", user=BEN)["changed"] == "false"


def shown(text: str, form: str) -> str:
    """Return what `juju run kubeflow-profiles/leader list-profiles` prints: Juju 3.6 and 4.1 alike."""
    plain = {"profiles": text}
    task = {
        "id": "2",
        "results": {"profiles": text, "return-code": 0},
        "status": "completed",
        "timing": {"started": "now"},
    }
    progress = "Running operation 1 with 1 task\n  - task 2 on unit-kubeflow-profiles-0\n\nWaiting for task 2...\n"
    return {
        "plain": yaml.dump(plain, default_style="|"),
        "with the progress": progress + yaml.safe_dump(plain),
        "yaml": yaml.safe_dump({"kubeflow-profiles/0": task}),
        "json": json.dumps({"kubeflow-profiles/0": task}),
        "the text alone": text,
    }[form]


@pytest.mark.parametrize("form", ["plain", "with the progress", "yaml", "json", "the text alone"])
def test_what_juju_prints_of_list_profiles_is_restored_on_a_new_cluster(profiles, form):
    prepared(profiles).act("import-profiles", profiles=yaml.safe_dump(FILE))
    before = listed(profiles)
    saved = shown(profiles.act("list-profiles")["profiles"], form)
    for path in [path for path in profiles.cluster.objects if "/profiles/" in path or "/rolebindings/" in path]:
        del profiles.cluster.objects[path]
    assert listed(profiles) == []
    assert profiles.act("import-profiles", profiles=saved)["changed"] == "ada team"
    assert listed(profiles) == before


@pytest.mark.parametrize("text", ["profiles: ''", "a: {b: {c: {d: {e: {}}}}}", "kubeflow-profiles/0: {status: failed}"])
def test_what_holds_no_profiles_is_refused_however_it_is_wrapped(profiles, text):
    assert "expected a list of profiles" in profiles.refused("import-profiles", profiles=text)
