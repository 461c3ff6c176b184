import json

from ops import testing

NAME = "kserve-controller-s3"
WORD = "word'of the store"


def secret(serving, state) -> dict:
    """Return the Secret that profiles get."""
    identifier = serving.sent(state, "secrets")["kubernetes_manifests"]
    (found,) = [secret for secret in state.secrets if secret.id == identifier]
    return json.loads((found.latest_content or found.tracked_content)["manifests"])[0]


def test_what_fetches_models_trusts_the_authority_of_the_store(serving):
    databag = serving.databags["object-storage"]
    data = {**json.loads(databag["data"]), "secure": True, "authority": "-----BEGIN CERTIFICATE-----"}
    state = serving.settle(databags={"object-storage": {**databag, "data": json.dumps(data)}})
    annotations = secret(serving, state)["metadata"]["annotations"]
    identifier = serving.sent(state, "secrets")["kubernetes_manifests"]
    (found,) = [item for item in state.secrets if item.id == identifier]
    _, authorities = json.loads((found.latest_content or found.tracked_content)["manifests"])
    assert annotations["serving.kserve.io/s3-cabundle-configmap"] == authorities["metadata"]["name"]
    assert [annotations["serving.kserve.io/s3-cabundle"].rpartition("/")[2]] == list(authorities["data"])


def test_profiles_get_the_stores_login_as_kserve_looks_for_it(serving):
    item = secret(serving, serving.settle())
    assert item["metadata"]["name"] == NAME
    assert item["stringData"] == {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": WORD}
    told = {key.removeprefix("serving.kserve.io/s3-"): text for key, text in item["metadata"]["annotations"].items()}
    assert (told["endpoint"], told["usehttps"], told["region"]) == ("minio.edge.svc:9000", "0", "us-east-1")


def test_an_account_leads_kserve_to_the_login_and_to_no_token(serving):
    state = serving.settle()
    _, item = json.loads(serving.sent(state, "service-accounts")["kubernetes_manifests"])
    assert (item["kind"], item["secrets"], item["automountServiceAccountToken"]) == (
        "ServiceAccount",
        [{"name": NAME}],
        False,
    )


def test_the_login_is_in_a_secret_alone(serving):
    state = serving.settle()
    databags = [str(relation.local_app_data) for relation in state.relations]
    public = [str(serving.cluster.objects), *databags, *(str(item.plan.to_dict()) for item in state.containers)]
    assert WORD not in " ".join(public)


def test_without_a_store_profiles_get_nothing(serving):
    state = serving.settle(databags={"object-storage": None})
    (item,) = json.loads(serving.sent(state, "service-accounts")["kubernetes_manifests"])
    assert item["kind"] == "RoleBinding"


def test_the_controller_reads_logins_in_profiles_alone(serving):
    state = serving.settle()
    binding, _ = json.loads(serving.sent(state, "service-accounts")["kubernetes_manifests"])
    role = serving.cluster.find("ClusterRole", binding["roleRef"]["name"])
    assert role["rules"] == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    assert binding["subjects"][0]["name"] == "serving-kserve-controller"
    whole = serving.cluster.find("ClusterRole", "edge-serving-kserve-controller")
    assert not [rule for rule in whole["rules"] if "secrets" in rule["resources"]]


def test_where_the_store_has_a_login_for_each_profile_models_use_their_own(serving):
    seed = testing.Secret({"seed": "of-all-profiles"})
    databag = serving.databags["object-storage"]
    data = {**json.loads(databag["data"]), "profile-logins": seed.id}
    databags = {"object-storage": {**databag, "data": json.dumps(data)}}
    state = serving.settle(databags=databags, secrets=[seed])
    assert secret(serving, state)["stringData"] == {
        "AWS_ACCESS_KEY_ID": "{{ ACCESS_KEY store }}",
        "AWS_SECRET_ACCESS_KEY": "{{ SECRET_KEY store }}",
    }
