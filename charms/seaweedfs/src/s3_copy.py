"""Copy objects from one S3 store to another, with types, metadata and tags, and make sure that they came as they were.

An object that was uploaded in parts is copied in parts of the same size, so that its checksum, the ETag, is the same.
"""

import concurrent.futures
import dataclasses
import hashlib
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO, cast

from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import Answer, exchange
from s3_listing import TIMEOUT, UNREACHABLE, Found, StoreError, objects, told

IN_MEMORY = 16 * 1024 * 1024
THREADS = 4
KEPT = ("content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires")


@dataclasses.dataclass(frozen=True)
class Pair:
    """Where objects come from, and where they go."""

    source: Store
    target: Store


@dataclasses.dataclass
class Progress:
    """What came of a bucket's copy.

    Attributes:
        objects, size: of the source, in bytes.
        had: objects that were there already, and the same.
        copied, copied_size: in this turn.
        left: objects that there was no time for.
        failed: what is wrong, by key.
    """

    objects: int = 0
    size: int = 0
    had: int = 0
    copied: int = 0
    copied_size: int = 0
    left: int = 0
    failed: dict[str, str] = dataclasses.field(default_factory=dict[str, str])

    def with_more(self, bucket: str, more: "Progress") -> "Progress":
        """Return what came of this and of another bucket's copy together."""
        return Progress(
            objects=self.objects + more.objects,
            size=self.size + more.size,
            had=self.had + more.had,
            copied=self.copied + more.copied,
            copied_size=self.copied_size + more.copied_size,
            left=self.left + more.left,
            failed={**self.failed, **{f"{bucket}/{key}": text for key, text in more.failed.items()}},
        )


def copy_bucket(pair: Pair, bucket: str, deadline: float, say: Callable[[Progress], None]) -> Progress:
    """Copy what is not there yet, or differs, until the time is over; run again, it goes on.

    Args:
        pair: the stores.
        bucket: in both of them; it is made.
        deadline: of `time.monotonic`, after which no further object is begun.
        say: is told now and then how far it is.

    Raises:
        StoreError: a store does not list its objects, or the bucket cannot be made.
    """
    _ask(pair.target, "PUT", f"/{bucket}", good=(200, 409))
    there = {item.key: item for item in objects(pair.target, bucket)}
    progress, wanted = Progress(), list[Found]()
    for item in objects(pair.source, bucket):
        progress.objects, progress.size = progress.objects + 1, progress.size + item.size
        if _same(item, there.get(item.key)):
            progress.had += 1
        else:
            wanted.append(item)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        _copy_all(pool, pair, bucket, wanted, deadline, progress, say)
    return progress


def _copy_all(
    pool: concurrent.futures.Executor,
    pair: Pair,
    bucket: str,
    wanted: Iterable[Found],
    deadline: float,
    progress: Progress,
    say: Callable[[Progress], None],
) -> None:
    def one(item: Found) -> str | None:
        if time.monotonic() > deadline:
            return None
        try:
            copy_object(pair, bucket, item)
        except StoreError as error:
            return str(error)
        return ""

    waiting = {pool.submit(one, item): item for item in wanted}
    for done in concurrent.futures.as_completed(waiting):
        item, problem = waiting[done], done.result()
        if problem is None:
            progress.left += 1
        elif problem:
            progress.failed[item.key] = problem
        else:
            progress.copied, progress.copied_size = progress.copied + 1, progress.copied_size + item.size
        say(progress)


def copy_object(pair: Pair, bucket: str, item: Found) -> None:
    """Copy one object, and compare size and checksum.

    Raises:
        StoreError: a store refuses, or what came is not what was there.
    """
    path = f"/{bucket}/{item.key}"
    described = _ask(pair.source, "HEAD", path)
    headers = {name: value for name, value in described.headers.items() if name in KEPT or _is_metadata(name)}
    if tags := _tags(pair.source, path) if described.headers.get("x-amz-tagging-count", "0") != "0" else "":
        headers["x-amz-tagging"] = tags
    # What the checksum of an object is that the source encrypts with a key of its own, nobody knows.
    plain = "kms" not in described.headers.get("x-amz-server-side-encryption", "")
    copy = _copy_parts if "-" in item.etag else _copy_whole
    etag = copy(pair, path, item, headers)
    if plain and item.etag != etag:
        raise StoreError("its checksum is none of what was read, or of parts of several sizes: copy it by hand")
    came = _ask(pair.target, "HEAD", path)
    if int(came.headers.get("content-length", -1)) != item.size:
        raise StoreError(f"{item.size} bytes were there, {came.headers.get('content-length')} came")
    if came.headers.get("etag", "").strip('"') != etag:
        raise StoreError("another checksum came than was sent")


def _copy_whole(pair: Pair, path: str, item: Found, headers: Mapping[str, str]) -> str:
    """Copy at once, and return the checksum that the object has to have."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as spooled:
        file = cast("BinaryIO", spooled)
        _ask(pair.source, "GET", path, headers={"if-match": f'"{item.etag}"'}, into=file)
        _ask(pair.target, "PUT", path, file, headers=headers)
        return _digest(file).hex()


def _copy_parts(pair: Pair, path: str, item: Found, headers: Mapping[str, str]) -> str:
    """Copy in parts, and return the checksum that the whole has to have."""
    size = _part_size(pair.source, path) or item.size
    upload = _begin(pair.target, path, headers)
    digests: list[bytes] = []
    try:
        for number, start in enumerate(range(0, item.size, size), 1):
            end = min(start + size, item.size)
            wanted = {"range": f"bytes={start}-{end - 1}", "if-match": f'"{item.etag}"'}
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as spooled:
                file = cast("BinaryIO", spooled)
                _ask(pair.source, "GET", path, headers=wanted, into=file, good=(200, 206))
                digests.append(_digest(file))
                _ask(pair.target, "PUT", path, file, query={"partNumber": str(number), "uploadId": upload})
        _complete(pair.target, path, upload, digests)
    except StoreError:
        _ask(pair.target, "DELETE", path, query={"uploadId": upload}, good=(200, 204, 404))
        raise
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _part_size(source: Store, path: str) -> int:
    first = _ask(source, "HEAD", path, query={"partNumber": "1"}, good=(200, 206))
    return int(first.headers.get("content-length", 0))


def _begin(target: Store, path: str, headers: Mapping[str, str]) -> str:
    answer = _ask(target, "POST", path, query={"uploads": ""}, headers=headers)
    found = xml.etree.ElementTree.fromstring(answer.body).findtext("{*}UploadId")
    if not found:
        raise StoreError("the upload in parts does not begin")
    return found


def _complete(target: Store, path: str, upload: str, digests: list[bytes]) -> None:
    parts = "".join(
        f'<Part><PartNumber>{number}</PartNumber><ETag>"{digest.hex()}"</ETag></Part>'
        for number, digest in enumerate(digests, 1)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    answer = _ask(target, "POST", path, body, query={"uploadId": upload})
    if b"<Error>" in answer.body:
        raise StoreError(f"the upload in parts does not end ({told(answer.body)})")


def _tags(source: Store, path: str) -> str:
    root = xml.etree.ElementTree.fromstring(_ask(source, "GET", path, query={"tagging": ""}).body)
    tags = [(tag.findtext("{*}Key") or "", tag.findtext("{*}Value") or "") for tag in root.iterfind(".//{*}Tag")]
    return urllib.parse.urlencode(tags, quote_via=urllib.parse.quote)


def differing(pair: Pair, bucket: str) -> list[str]:
    """Return the keys of the source's objects that are not in the target, of the same size and checksum.

    Raises:
        StoreError: a store does not list its objects.
    """
    there = {item.key: item for item in objects(pair.target, bucket)}
    return [item.key for item in objects(pair.source, bucket) if not _same(item, there.get(item.key))]


def _same(item: Found, there: Found | None) -> bool:
    return there is not None and (there.size, there.etag) == (item.size, item.etag)


def _digest(file: BinaryIO) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while block := file.read(1024 * 1024):
        digest.update(block)
    return digest.digest()


def _is_metadata(name: str) -> bool:
    return name.startswith("x-amz-meta-")


def _ask(
    store: Store,
    method: str,
    path: str,
    body: bytes | BinaryIO = b"",
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    into: BinaryIO | None = None,
    good: tuple[int, ...] = (200,),
) -> Answer:
    try:
        answer = exchange(store, method, path, body, query=query, headers=headers, into=into, timeout=TIMEOUT)
    except UNREACHABLE as error:
        raise StoreError(f"{store.url} does not answer: {type(error).__name__}") from error
    if answer.status not in good:
        raise StoreError(f"{store.url} refuses {method} {path} ({answer.status} {told(answer.body)})")
    return answer
