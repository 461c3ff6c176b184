"""Signed requests, and a bucket, as a real MinIO takes them."""

import dataclasses
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Bucket, Part
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import exchange, send
from support.examples import Deploy
from support.real_minio import minio


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with minio(tmp_path_factory.mktemp("minio")) as found:
        yield found


def test_an_object_comes_back_as_it_was_put(store: Store) -> None:
    assert send(store, "PUT", "/plain")[0] == 200
    assert send(store, "PUT", "/plain/a folder/key+1", b"kept")[0] == 200
    assert send(store, "GET", "/plain/a folder/key+1") == (200, b"kept")


def test_a_file_is_sent_and_fetched_as_a_whole(store: Store) -> None:
    content, target = os.urandom(3_000_000), io.BytesIO()
    send(store, "PUT", "/files")
    file = io.BytesIO(content)
    file.seek(0, io.SEEK_END)
    assert send(store, "PUT", "/files/big", file)[0] == 200
    assert send(store, "GET", "/files/big", into=target) == (200, b"")
    assert target.getvalue() == content


def test_a_refusal_goes_into_no_file(store: Store) -> None:
    target = io.BytesIO()
    code, answer = send(store, "GET", "/nothing/there", into=target)
    assert (code, target.getvalue()) == (404, b"")
    assert b"NoSuchBucket" in answer


def test_a_query_is_signed(store: Store) -> None:
    send(store, "PUT", "/listed")
    for name in ("one", "two"):
        send(store, "PUT", f"/listed/below/{name}", b"")
    query = {"list-type": "2", "prefix": "below/", "encoding-type": "url"}
    code, answer = send(store, "GET", "/listed", query=query)
    assert code == 200
    assert b"<Key>below/one</Key>" in answer
    assert b"<KeyCount>2</KeyCount>" in answer


def test_further_headers_are_signed_and_those_of_the_answer_returned(store: Store) -> None:
    send(store, "PUT", "/described")
    headers = {"content-type": "text/markdown", "x-amz-meta-who": "ada  and   bob"}
    exchange(store, "PUT", "/described/key", b"kept", headers=headers)
    answer = exchange(store, "HEAD", "/described/key")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/markdown")
    assert answer.headers["x-amz-meta-who"].split() == ["ada", "and", "bob"]


def test_another_password_is_refused(store: Store) -> None:
    other = dataclasses.replace(store, secret_key="long enough, but wrong")
    code, answer = send(other, "GET", "/plain")
    assert code == 403
    assert b"SignatureDoesNotMatch" in answer


def status(deploy: Deploy, bucket: Bucket, **changes: Any) -> Any:
    """Return the status of a charm that wants a bucket."""

    def plan(charm: Any) -> Iterator[Part]:
        yield bucket

    deployment = deploy(plan)
    return deployment.run(deployment.context.on.config_changed(), deployment.state(**changes)).unit_status


def test_a_bucket_is_made(store: Store, deploy: Deploy) -> None:
    assert status(deploy, Bucket(store, "made")) == ops.ActiveStatus()
    assert send(store, "HEAD", "/made")[0] == 200


def test_a_bucket_that_is_there_keeps_its_objects(store: Store, deploy: Deploy) -> None:
    send(store, "PUT", "/there")
    send(store, "PUT", "/there/key", b"kept")
    assert status(deploy, Bucket(store, "there")) == ops.ActiveStatus()
    assert send(store, "GET", "/there/key") == (200, b"kept")


@pytest.mark.parametrize(("when", "changes"), [(lambda: False, {}), (lambda: True, {"leader": False})])
def test_a_bucket_is_not_looked_for_too_early_or_by_another_unit(
    store: Store, deploy: Deploy, when: Callable[[], bool], changes: dict[str, Any]
) -> None:
    assert status(deploy, Bucket(store, "early", when), **changes) == ops.ActiveStatus()
    assert send(store, "HEAD", "/early")[0] == 404


def test_a_login_that_is_refused_blocks_with_what_to_do(store: Store, deploy: Deploy) -> None:
    other = dataclasses.replace(store, secret_key="long enough, but wrong")
    found = status(deploy, Bucket(other, "bucket"))
    assert found.name == "blocked"
    assert "refuses the bucket bucket to this login (403)" in found.message


def test_a_store_that_is_not_there_is_waited_for(store: Store, deploy: Deploy) -> None:
    found = status(deploy, Bucket(dataclasses.replace(store, port=1), "bucket"))
    assert found.name == "waiting"
    assert "the object store http://127.0.0.1:1 to answer" in found.message
