"""A charm that needs an object store finds it over either of the two interfaces."""

from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms import Requires
from kubeflow_charms.interfaces import object_storage, s3
from kubeflow_charms.parts import Message, Part
from kubeflow_charms.storage.related_store import related
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

ATTRIBUTES = {
    "objects": Requires("object-storage", object_storage.OBJECT_STORAGE),
    "bucket": Requires("s3", s3.S3),
}
REQUIRES = {
    "object-storage": {"interface": "object-storage", "optional": True},
    "s3": {"interface": "s3", "optional": True},
}


@pytest.fixture
def consumer(deploy: Deploy) -> Deployment:
    def plan(charm: Any) -> Iterator[Part]:
        yield charm.objects.send(object_storage.Reader(secrets=True))
        yield charm.bucket.send(s3.Request(bucket="mlpipeline"))
        store = related(charm.objects, charm.bucket, charm.secrets)
        yield Message(f"{store.url} {store.bucket} {store.access_key} {store.secret_key}")

    return deploy(plan, attributes=ATTRIBUTES, requires=REQUIRES)


def status(consumer: Deployment, *relations: testing.Relation, **changes: Any) -> Any:
    state = consumer.state(relations=set(relations), **changes)
    return consumer.run(consumer.context.on.config_changed(), state).unit_status


def minio(secret_key: str = "word") -> testing.Relation:
    document = f"access-key: me\nport: 9000\nsecret-key: {secret_key}\nsecure: false\nservice: minio\nnamespace: edge\n"
    return testing.Relation("object-storage", remote_app_name="minio", remote_app_data={"data": document})


def integrator() -> testing.Relation:
    said = {"access-key": "me", "secret-key": "word", "bucket": "mine", "endpoint": "https://s3.example.com"}
    return testing.Relation("s3", remote_app_name="s3-integrator", remote_app_data=said)


def test_minio_is_found(consumer: Deployment) -> None:
    assert status(consumer, minio()) == ops.ActiveStatus("http://minio.edge.svc:9000  me word")


def test_the_key_of_minio_is_read_from_a_secret(consumer: Deployment) -> None:
    secret = testing.Secret({"secret-key": "hidden"})
    assert status(consumer, minio(secret.id), secrets={secret}).message.endswith("me hidden")


def test_another_s3_is_found(consumer: Deployment) -> None:
    assert status(consumer, integrator()) == ops.ActiveStatus("https://s3.example.com:443 mine me word")


def test_a_store_that_says_nothing_yet_is_waited_for(consumer: Deployment) -> None:
    silent = testing.Relation("s3", remote_app_name="s3-integrator")
    expected = "waiting for s3-integrator to send its part of the relation s3"
    assert status(consumer, silent) == ops.WaitingStatus(expected)


def test_no_store_blocks_with_what_to_type(consumer: Deployment) -> None:
    assert status(consumer) == ops.BlockedStatus(
        "needs an object store, run: juju integrate example:object-storage seaweedfs"
    )


def test_two_stores_block_with_what_to_type(consumer: Deployment) -> None:
    assert status(consumer, minio(), integrator()) == ops.BlockedStatus(
        "relations object-storage and s3 both name an object store, run: juju remove-relation example:s3 s3-integrator"
    )


def test_a_port_that_is_none_blocks_by_the_relations_name(consumer: Deployment) -> None:
    said = {"access-key": "me", "secret-key": "word", "endpoint": "http://store:90000"}
    found = status(consumer, testing.Relation("s3", remote_app_name="store", remote_app_data=said))
    assert isinstance(found, ops.BlockedStatus)
    assert "relation s3: store sends invalid data: it names no endpoint" in found.message


def test_a_secret_without_its_key_blocks_by_the_relations_name(consumer: Deployment) -> None:
    secret = testing.Secret({"other": "hidden"})
    found = status(consumer, minio(secret.id), secrets={secret})
    expected = "relation object-storage: minio sends invalid data: its secret has no secret-key"
    assert found == ops.BlockedStatus(expected)
