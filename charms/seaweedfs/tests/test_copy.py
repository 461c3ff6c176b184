"""Objects of a real MinIO come to a real SeaweedFS as they were, and back."""

import importlib
import os
import time
from typing import Any

import pytest
from kubeflow_charms.storage.s3_requests import exchange, send

PART = 5 * 1024 * 1024
NUMBER = 40


@pytest.fixture
def copying(real) -> Any:
    return importlib.import_module("s3_copy")


def upload_in_parts(store, path, content):
    begun = exchange(store, "POST", path, query={"uploads": ""}).body.decode()
    upload = begun.partition("<UploadId>")[2].partition("<")[0]
    parts = ""
    for number, start in enumerate(range(0, len(content), PART), 1):
        query = {"partNumber": str(number), "uploadId": upload}
        etag = exchange(store, "PUT", path, content[start : start + PART], query=query, timeout=30).headers["etag"]
        parts += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    assert exchange(store, "POST", path, body, query={"uploadId": upload}, timeout=30).status == 200


def copy(copying, pair, bucket, seconds=300.0):
    return copying.copy_bucket(pair, bucket, time.monotonic() + seconds, lambda progress: None)


@pytest.fixture
def pair(old, real, copying):
    return copying.Pair(old, real.of(real.root))


def test_objects_come_with_type_metadata_tags_and_checksum(pair, copying):
    send(pair.source, "PUT", "/described")
    headers = {"content-type": "text/markdown", "x-amz-meta-who": "ada", "x-amz-tagging": "kind=log&step=a%20b"}
    exchange(pair.source, "PUT", "/described/a folder/key+1", b"kept", headers=headers)

    progress = copy(copying, pair, "described")

    assert (progress.objects, progress.copied, progress.failed) == (1, 1, {})
    came = exchange(pair.target, "GET", "/described/a folder/key+1")
    assert (came.body, came.headers["content-type"], came.headers["x-amz-meta-who"]) == (
        b"kept",
        "text/markdown",
        "ada",
    )
    tags = exchange(pair.target, "GET", "/described/a folder/key+1", query={"tagging": ""}).body
    assert b"<Key>step</Key><Value>a b</Value>" in tags
    assert copying.differing(pair, "described") == []


def test_an_object_of_several_parts_keeps_its_checksum(pair, copying):
    send(pair.source, "PUT", "/large")
    content = os.urandom(2 * PART + 1000)
    upload_in_parts(pair.source, "/large/parts", content)

    assert copy(copying, pair, "large").failed == {}

    etags = [exchange(store, "HEAD", "/large/parts").headers["etag"] for store in (pair.source, pair.target)]
    assert etags[0] == etags[1]
    assert etags[0].endswith('-3"')
    assert exchange(pair.target, "GET", "/large/parts", timeout=30).body == content


def test_a_copy_that_was_interrupted_goes_on(pair, copying):
    send(pair.source, "PUT", "/many")
    for number in range(NUMBER):
        send(pair.source, "PUT", f"/many/{number}", str(number).encode())

    assert copy(copying, pair, "many", seconds=-1).left == NUMBER
    copying.copy_object(pair, "many", next(iter(copying.objects(pair.source, "many"))))
    progress = copy(copying, pair, "many")

    assert (progress.had, progress.copied, progress.left) == (1, NUMBER - 1, 0)
    assert copy(copying, pair, "many").had == NUMBER
    assert copying.differing(pair, "many") == []


def test_an_object_that_changed_is_copied_anew(pair, copying):
    send(pair.source, "PUT", "/changing")
    send(pair.source, "PUT", "/changing/key", b"before")
    copy(copying, pair, "changing")
    send(pair.source, "PUT", "/changing/key", b"behind")
    assert copying.differing(pair, "changing") == ["key"]
    assert copy(copying, pair, "changing").copied == 1
    assert send(pair.target, "GET", "/changing/key") == (200, b"behind")


def test_what_cannot_be_kept_apart_is_told(pair, copying):
    """SeaweedFS takes two slashes for one, so that the object cannot be found by its name."""
    send(pair.target, "PUT", "/slashes")
    item = importlib.import_module("s3_listing").Found("a//b", 1, "0" * 32)
    send(pair.source, "PUT", "/slashes")
    with pytest.raises(importlib.import_module("s3_listing").StoreError):
        copying.copy_object(pair, "slashes", item)


def test_objects_go_back_to_minio(pair, copying):
    back = copying.Pair(pair.target, pair.source)
    send(back.source, "PUT", "/made-here")
    send(back.source, "PUT", "/made-here/key", b"kept")
    assert copy(copying, back, "made-here").failed == {}
    assert send(back.target, "GET", "/made-here/key") == (200, b"kept")
