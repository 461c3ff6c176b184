"""The login of a registry reaches every profile and its service accounts."""

import base64
import importlib
import json

import pytest
from ops import testing

FILE = "/etc/profile-manifests/manifests.json"
NAME = "kubeflow-registry-login"
LOGIN = {"registry": "registry.site:5000", "username": "reader", "password": "hush-marker"}


def settled(profiles, content=LOGIN):
    secret = testing.Secret(content)
    return profiles.settle(config={"registry-secret": secret.id}, secrets=[secret])


def told(profiles):
    return json.loads(profiles.deployment.files["profile-manifests"][FILE].text)


class Api:
    """Kubernetes, with a profile and another namespace; `lost` names the account that somebody else changes."""

    def __init__(self, lost=""):
        self.lost = lost
        self.patched = []
        self.asked = []
        self.accounts = {
            ("ada", "default"): [],
            ("ada", "default-editor"): [{"name": "hers"}],
            ("ada", "done"): [{"name": NAME}, {"name": "hers"}],
            ("monitoring", "default"): [],
        }

    def get(self, path, parameters=None):
        self.asked.append(path)
        if path.endswith("/namespaces"):
            return {"items": [{"metadata": {"name": "ada", "uid": "1"}}], "metadata": {"resourceVersion": "1"}}
        if path.endswith("/serviceaccounts"):
            return {
                "metadata": {"resourceVersion": "8"},
                "items": [
                    {
                        "metadata": {"namespace": namespace, "name": name, "resourceVersion": "7"},
                        **({"imagePullSecrets": list(logins)} if logins else {}),
                    }
                    for (namespace, name), logins in self.accounts.items()
                ],
            }
        if "/clusterroles/" in path:
            return {"metadata": {"name": path.rpartition("/")[2], "uid": "1"}}
        return {"items": []}

    def apply(self, path, item, manager, *, force):
        """Take whatever else is placed."""

    def merge(self, path, body):
        *_, namespace, _, name = path.split("/")
        if name == self.lost:
            raise importlib.import_module("kubeflow_charms.small_programs.kubernetes_api").Refused(
                409, "the object has been modified"
            )
        assert body["metadata"] == {"resourceVersion": "7"}
        self.patched.append(name)
        self.accounts[namespace, name] = body["imagePullSecrets"]


def placer(profiles, api, **changes):
    module = importlib.import_module("placer")
    wanted = module.Wanted.read(json.dumps({**told(profiles), "kinds": [], "senders": [], **changes}))
    return module.Placer(api, wanted, lambda text: None)


def test_every_profile_gets_a_secret_that_kubelets_read(profiles):
    settled(profiles)
    (item,) = [
        placed["object"]
        for sender in told(profiles)["senders"]
        for placed in sender["objects"]
        if placed["object"]["kind"] == "Secret"
    ]
    assert (item["metadata"]["name"], item["type"]) == (NAME, "kubernetes.io/dockerconfigjson")
    login = json.loads(base64.b64decode(item["data"][".dockerconfigjson"]))["auths"]["registry.site:5000"]
    assert base64.b64decode(login["auth"]).decode() == "reader:hush-marker"
    assert "secrets" in [kind["plural"] for kind in told(profiles)["kinds"]]


def test_without_the_option_there_is_none(profiles):
    profiles.settle()
    placed = [item["object"]["kind"] for sender in told(profiles)["senders"] for item in sender["objects"]]
    assert placed == ["NetworkPolicy"]
    assert told(profiles)["logged_in"] is False


def deployment(name, **pod):
    spec = {"containers": [{"name": "main", "image": "registry.site:5000/main:1"}], **pod}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


@pytest.mark.parametrize(("content", "logins"), [(LOGIN, [{"name": NAME}]), (None, None)])
def test_pods_that_come_with_a_profile_name_the_login_by_themselves(profiles, content, logins):
    hers = [{"name": "hers"}]
    sent = [deployment("plain"), deployment("own", imagePullSecrets=hers)]
    secrets = [testing.Secret(content)] if content else []
    config = {"registry-secret": secrets[0].id} if secrets else {}
    databags = {"pod-defaults": {"kubernetes_manifests": json.dumps(sent)}}
    profiles.settle(config=config, secrets=secrets, databags=databags)
    pods = {
        item["object"]["metadata"]["name"]: item["object"]["spec"]["template"]["spec"].get("imagePullSecrets")
        for sender in told(profiles)["senders"]
        for item in sender["objects"]
        if item["object"]["kind"] == "Deployment"
    }
    assert pods == {"plain": logins, "own": hers}


def test_the_password_is_in_no_object_of_the_model_nor_in_a_log(profiles):
    state = settled(profiles)
    shown = [profiles.cluster.objects, state.relations, profiles.deployment.context.juju_log, state.unit_status]
    encoded = base64.b64encode(b"reader:hush-marker").decode()
    assert not any(word in str(shown) for word in ("hush-marker", encoded))


@pytest.mark.parametrize("content", [{"registry": "a", "username": "b"}, {**LOGIN, "password": ""}, {"x": "y"}])
def test_a_secret_that_is_no_login_blocks_by_the_options_name(profiles, content):
    assert settled(profiles, content).unit_status.message.startswith("option registry-secret: ")


def test_each_account_of_a_profile_gets_the_login_beside_what_it_has_and_others_do_not(profiles):
    settled(profiles)
    api = Api()
    assert placer(profiles, api).look()[1]
    assert api.accounts == {
        ("ada", "default"): [{"name": NAME}],
        ("ada", "default-editor"): [{"name": "hers"}, {"name": NAME}],
        ("ada", "done"): [{"name": NAME}, {"name": "hers"}],
        ("monitoring", "default"): [],
    }


def test_a_second_pass_changes_nothing_and_an_account_that_comes_later_gets_it(profiles):
    settled(profiles)
    api = Api()
    program = placer(profiles, api)
    program.look()
    api.patched.clear()
    program.look()
    assert api.patched == []
    api.accounts["ada", "robot"] = []
    program.look()
    assert api.patched == ["robot"]


def test_accounts_have_it_before_anything_is_placed_whose_pods_need_it(profiles, monkeypatch):
    settled(profiles)
    api, seen = Api(), []
    program = placer(profiles, api, kinds=told(profiles)["kinds"])
    monkeypatch.setattr(program, "_place", lambda kind, *_: seen.append(len(api.patched)) or [])
    assert program.look()[1]
    assert set(seen) == {2}


def test_a_new_account_of_a_profile_calls_for_a_pass_and_no_other_change_of_one_does(profiles):
    settled(profiles)
    program = placer(profiles, Api())
    assert program.look()[0] == {"/api/v1/namespaces": "1", "/api/v1/serviceaccounts": "8"}
    accounts = next(watched for watched in program.watched if watched.path == "/api/v1/serviceaccounts")

    def event(kind, namespace):
        return {"type": kind, "object": {"metadata": {"namespace": namespace, "name": "robot"}}}

    assert accounts.matters(event("ADDED", "ada"))
    others = [event("ADDED", "monitoring"), event("MODIFIED", "ada"), event("DELETED", "ada")]
    assert not any(map(accounts.matters, [*others, {"type": "ERROR", "object": {"code": 410}}]))


def test_an_account_that_somebody_changes_meanwhile_is_tried_again_and_keeps_nobody_waiting(profiles):
    settled(profiles)
    api = Api(lost="default")
    program = placer(profiles, api)
    assert program.look()[1] is False
    assert api.patched == ["default-editor"]
    api.lost = ""
    assert program.look()[1] is True


def test_without_the_option_it_is_taken_from_accounts_once_and_what_is_hers_stays(profiles):
    profiles.settle()
    api = Api()
    program = placer(profiles, api)
    program.look()
    assert (api.patched, api.accounts["ada", "done"]) == (["done"], [{"name": "hers"}])
    api.asked.clear()
    assert program.look()[0] == {"/api/v1/namespaces": "1"}
    assert "/api/v1/serviceaccounts" not in api.asked
