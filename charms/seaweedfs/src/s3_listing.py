"""Buckets and objects of a store, as its lists tell; import it late. The keeper takes it along.

Source of the form: Amazon's documentation of ListBuckets, ListObjectsV2, DeleteObjects, ListMultipartUploads and
AbortMultipartUpload.
"""

import base64
import dataclasses
import datetime
import hashlib
import http.client
import itertools
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import exchange

NAMESPACE = "{*}"
PACK = 1000
"""How many objects a request to delete may name."""
TIMEOUT = 60
UNREACHABLE = (OSError, http.client.HTTPException)


class StoreError(Exception):
    """A store does not answer, or not what was asked; the text says which and what."""


@dataclasses.dataclass(frozen=True)
class Found:
    """An object.

    Attributes:
        key: its name.
        size: in bytes.
        etag: without quotes.
        modified: when it was written.
    """

    key: str
    size: int
    etag: str
    modified: datetime.datetime = datetime.datetime.min.replace(tzinfo=datetime.UTC)


@dataclasses.dataclass(frozen=True)
class Upload:
    """An upload in parts that was begun, and neither ended nor given up.

    Attributes:
        key: of the object that it is to become.
        identifier: the store's own.
        begun: when.
    """

    key: str
    identifier: str
    begun: datetime.datetime


def buckets(store: Store) -> list[str]:
    """Return the names of the buckets that the login may list.

    Raises:
        StoreError: the store does not tell.
    """
    root = _list(store, "/", {})
    return [item.text or "" for item in root.iterfind(f"{NAMESPACE}Buckets/{NAMESPACE}Bucket/{NAMESPACE}Name")]


def objects(store: Store, bucket: str, prefix: str = "") -> Iterator[Found]:
    """Yield the objects of a bucket, in the store's order.

    Args:
        store: where.
        bucket: its name.
        prefix: what their keys begin with.

    Raises:
        StoreError: the store does not tell.
    """
    query = {"list-type": "2", "encoding-type": "url", "prefix": prefix}
    while True:
        root = _list(store, f"/{bucket}", query)
        quoted = _text(root, "EncodingType") == "url"
        for item in root.iterfind(f"{NAMESPACE}Contents"):
            key = _text(item, "Key")
            yield Found(
                key=urllib.parse.unquote_plus(key) if quoted else key,
                size=int(_text(item, "Size") or 0),
                etag=_text(item, "ETag").strip('"'),
                modified=datetime.datetime.fromisoformat(_text(item, "LastModified")),
            )
        token = _text(root, "NextContinuationToken")
        if _text(root, "IsTruncated") != "true" or not token:
            return
        query = {**query, "continuation-token": token}


def uploads(store: Store, bucket: str) -> Iterator[Upload]:
    """Yield the unfinished uploads in parts of a bucket.

    Raises:
        StoreError: the store does not tell.
    """
    query = {"uploads": "", "encoding-type": "url"}
    while True:
        root = _list(store, f"/{bucket}", query)
        for item in root.iterfind(f"{NAMESPACE}Upload"):
            begun = datetime.datetime.fromisoformat(_text(item, "Initiated"))
            yield Upload(urllib.parse.unquote_plus(_text(item, "Key")), _text(item, "UploadId"), begun)
        if _text(root, "IsTruncated") != "true":
            return
        key, identifier = (_text(root, f"Next{name}Marker") for name in ("Key", "UploadId"))
        query |= {"key-marker": urllib.parse.unquote_plus(key), "upload-id-marker": identifier}


def give_up(store: Store, bucket: str, upload: Upload) -> None:
    """Delete the parts of an unfinished upload.

    Raises:
        StoreError: the store refuses.
    """
    try:
        answer = exchange(
            store, "DELETE", f"/{bucket}/{upload.key}", query={"uploadId": upload.identifier}, timeout=TIMEOUT
        )
    except UNREACHABLE as error:
        raise StoreError(f"{store.url} does not answer: {type(error).__name__}") from error
    # 404: it was ended or given up meanwhile.
    if answer.status not in (204, 404):
        raise StoreError(f"{store.url} does not give up an upload to {bucket} ({answer.status} {told(answer.body)})")


def delete(store: Store, bucket: str, keys: Iterable[str]) -> int:
    """Delete objects, and return how many that were.

    Raises:
        StoreError: the store refuses, or keeps some.
    """
    gone, rest = 0, iter(keys)
    while pack := list(itertools.islice(rest, PACK)):
        _delete(store, bucket, pack)
        gone += len(pack)
    return gone


def _delete(store: Store, bucket: str, keys: Iterable[str]) -> None:
    items = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    body = f"<Delete><Quiet>true</Quiet>{items}</Delete>".encode()
    headers = {"content-md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()}
    try:
        answer = exchange(store, "POST", f"/{bucket}", body, query={"delete": ""}, headers=headers, timeout=TIMEOUT)
    except UNREACHABLE as error:
        raise StoreError(f"{store.url} does not answer: {type(error).__name__}") from error
    if answer.status != 200 or b"<Error>" in answer.body:
        raise StoreError(f"{store.url} does not delete objects of {bucket} ({answer.status} {told(answer.body)})")


def told(answer: bytes) -> str:
    """Return the code of an error that a store answers with, or the beginning of what it says."""
    try:
        return xml.etree.ElementTree.fromstring(answer).findtext("Code") or "no code"
    except xml.etree.ElementTree.ParseError:
        return answer[:80].decode(errors="replace") or "nothing"


def _list(store: Store, path: str, query: Mapping[str, str]) -> xml.etree.ElementTree.Element:
    try:
        answer = exchange(store, "GET", path, query=query, timeout=TIMEOUT)
    except UNREACHABLE as error:
        raise StoreError(f"{store.url} does not answer: {type(error).__name__}") from error
    if answer.status != 200:
        raise StoreError(f"{store.url} does not list {path} ({answer.status} {told(answer.body)})")
    try:
        return xml.etree.ElementTree.fromstring(answer.body)
    except xml.etree.ElementTree.ParseError as error:
        raise StoreError(f"{store.url} does not list {path} in XML") from error


def _text(item: xml.etree.ElementTree.Element, name: str) -> str:
    return item.findtext(f"{NAMESPACE}{name}") or ""
