"""Objects for the namespaces of users, as the published library of resource-dispatcher writes them."""

import json
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.interfaces.kubernetes_manifest import KUBERNETES_MANIFEST, Manifests
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.relations.secrets import Secrets
from ops import testing

CODEC: Any = KUBERNETES_MANIFEST.requirer
DEFAULT = {"apiVersion": "kubeflow.org/v1alpha1", "kind": "PodDefault", "metadata": {"name": "gpu"}, "spec": {}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"key": "hunter2"}}


class Sender(ops.CharmBase):
    """Sends a Secret of Kubernetes to every reader, as a charm's leader does."""

    password = "hunter2"

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.update_status, self._send)

    def _send(self, _: ops.EventBase) -> None:
        items = [{**SECRET, "stringData": {"key": self.password}}] if self.password else []
        secrets = Secrets(self.model, self.app, leader=True)
        for relation in self.model.relations["secrets"]:
            sent = placed_objects.in_secret(items, relation, secrets=secrets, label="user-objects")
            relation.data[self.app].update(CODEC.encode(sent, {}))


@pytest.fixture
def sender() -> Iterator[testing.Context[Sender]]:
    meta = {"name": "minio", "requires": {"secrets": {"interface": "kubernetes_manifest"}}}
    with testing.Context(Sender, meta=meta) as context:
        yield context


def sent(context: testing.Context[Sender], state: testing.State) -> testing.State:
    return context.run(context.on.update_status(), state)


def unread(_: str) -> dict[str, str]:
    raise AssertionError("there is no secret to read")


def test_the_plain_form_of_earlier_libraries_is_read():
    received = CODEC.decode({"kubernetes_manifests": json.dumps([DEFAULT])})
    assert placed_objects.wish(received, unread).objects == [DEFAULT]


def test_the_form_in_a_secret_is_read():
    received = CODEC.decode({"kubernetes_manifests": "secret:abc", "is_secret": "true"})
    assert received == Manifests(kubernetes_manifests="secret:abc", is_secret=True)
    content = {"secret:abc": {"manifests": json.dumps([SECRET])}}
    assert placed_objects.wish(received, content.__getitem__).objects == [SECRET]


def test_what_anybody_may_read_is_written_plainly_as_every_published_reader_takes_it():
    written = CODEC.encode(placed_objects.plain([DEFAULT]), {})
    assert written.pop("is_secret") == "false"
    assert json.loads(written.pop("kubernetes_manifests")) == [DEFAULT]
    assert not written


def test_the_same_objects_are_written_in_the_same_words():
    turned = dict(reversed(list(DEFAULT.items())))
    assert placed_objects.plain([DEFAULT]) == placed_objects.plain([turned])


def test_an_application_that_says_nothing_yet_sends_nothing():
    assert CODEC.decode({}) is None
    assert CODEC.decode({"egress-subnets": "10.0.0.0/8"}) is None


def test_no_objects_are_a_list_too():
    received = CODEC.decode(CODEC.encode(placed_objects.plain([]), {}))
    assert placed_objects.wish(received, unread).objects == []


def test_a_secret_is_not_sent_plainly():
    with pytest.raises(ValueError, match="in_secret"):
        placed_objects.plain([SECRET])


def test_a_secret_goes_into_a_secret_of_juju_granted_to_the_relation(sender: testing.Context[Sender]):
    relation = testing.Relation("secrets")
    after = sent(sender, testing.State(leader=True, relations={relation}))
    (secret,) = after.secrets
    databag = after.get_relation(relation.id).local_app_data
    assert databag == {"kubernetes_manifests": secret.id, "is_secret": "true"}
    assert json.loads((secret.tracked_content or {})["manifests"]) == [SECRET]
    assert relation.id in secret.remote_grants


def test_a_secret_that_changed_keeps_its_identifier(sender: testing.Context[Sender], monkeypatch: pytest.MonkeyPatch):
    first = sent(sender, testing.State(leader=True, relations={testing.Relation("secrets")}))
    monkeypatch.setattr(Sender, "password", "swordfish")
    second = sent(sender, first)
    (before,), (after,) = first.secrets, second.secrets
    assert (before.id, "swordfish" in str(after.latest_content)) == (after.id, True)


def test_where_nothing_is_left_to_send_the_secret_goes(
    sender: testing.Context[Sender], monkeypatch: pytest.MonkeyPatch
):
    relation = testing.Relation("secrets")
    first = sent(sender, testing.State(leader=True, relations={relation}))
    monkeypatch.setattr(Sender, "password", "")
    second = sent(sender, first)
    assert not second.secrets
    assert second.get_relation(relation.id).local_app_data["kubernetes_manifests"] == "[]"


def test_a_secret_that_did_not_change_is_not_written_again(sender: testing.Context[Sender]):
    first = sent(sender, testing.State(leader=True, relations={testing.Relation("secrets")}))
    assert sent(sender, first).secrets == first.secrets


@pytest.mark.parametrize(
    "text", ["secret:abc", "{}", '["gpu"]', '[{"kind": "PodDefault"}]', '[{"apiVersion": "v1", "kind": "Pod"}]']
)
def test_what_is_no_list_of_objects_is_refused(text: str):
    with pytest.raises(ValueError, match="kubernetes_manifests"):
        placed_objects.wish(Manifests(kubernetes_manifests=text), unread)
