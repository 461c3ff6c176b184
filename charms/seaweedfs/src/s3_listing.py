"""Buckets and objects of a store, as its lists tell; import it late.

Source of the form: Amazon's documentation of ListBuckets and ListObjectsV2.
"""

import dataclasses
import http.client
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Iterator, Mapping

from kubeflow_charms.object_store import Store
from kubeflow_charms.s3_requests import exchange

NAMESPACE = "{*}"
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
    """

    key: str
    size: int
    etag: str


def buckets(store: Store) -> list[str]:
    """Return the names of the buckets that the login may list.

    Raises:
        StoreError: the store does not tell.
    """
    root = _list(store, "/", {})
    return [item.text or "" for item in root.iterfind(f"{NAMESPACE}Buckets/{NAMESPACE}Bucket/{NAMESPACE}Name")]


def objects(store: Store, bucket: str) -> Iterator[Found]:
    """Yield the objects of a bucket, in the store's order.

    Raises:
        StoreError: the store does not tell.
    """
    query = {"list-type": "2", "encoding-type": "url"}
    while True:
        root = _list(store, f"/{bucket}", query)
        quoted = _text(root, "EncodingType") == "url"
        for item in root.iterfind(f"{NAMESPACE}Contents"):
            key = _text(item, "Key")
            yield Found(
                key=urllib.parse.unquote_plus(key) if quoted else key,
                size=int(_text(item, "Size") or 0),
                etag=_text(item, "ETag").strip('"'),
            )
        token = _text(root, "NextContinuationToken")
        if _text(root, "IsTruncated") != "true" or not token:
            return
        query = {**query, "continuation-token": token}


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
