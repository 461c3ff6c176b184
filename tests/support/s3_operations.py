"""A table of what clients do with an object store; each operation tells what came of it in the same words."""

import base64
import concurrent.futures
import dataclasses
import hashlib
import os
import re
import urllib.parse
import xml.etree.ElementTree
from collections.abc import Callable, Iterator
from typing import Any

from kubeflow_charms.storage.s3_requests import Answer

from .s3_client import Client

PART = 5 * 1024 * 1024
Outcome = Any


def _code(answer: Answer) -> Outcome:
    found = re.search(rb"<Code>(\w+)</Code>", answer.body)
    return answer.status, found[1].decode() if found else ""


def _tags(client: Client, key: str) -> list[tuple[str, str]]:
    root = xml.etree.ElementTree.fromstring(client.ask("GET", key, query={"tagging": ""}).body)
    return sorted((tag.findtext("{*}Key") or "", tag.findtext("{*}Value") or "") for tag in root.iterfind(".//{*}Tag"))


def objects(client: Client) -> Iterator[Outcome]:
    """Write, read and delete, with what belongs to it."""
    body = os.urandom(1000)
    yield client.put("a/key", body).headers["etag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    yield client.get("a/key").body == body
    yield client.ask("HEAD", "a/key").headers["content-length"]
    yield client.put("empty", b"").status, client.get("empty").body
    yield client.put("folder/", b"").status, client.ask("HEAD", "folder/").status
    yield client.ask("DELETE", "a/key").status, _code(client.get("a/key")), client.ask("DELETE", "a/key").status
    yield _code(dataclasses.replace(client, bucket="not-there-at-all").get("key"))


def ranges(client: Client) -> Iterator[Outcome]:
    """Read a part of an object."""
    client.put("digits", b"0123456789")
    for wanted in ("bytes=2-4", "bytes=7-", "bytes=-3", "bytes=0-0"):
        answer = client.get("digits", range=wanted)
        yield answer.status, answer.body, answer.headers["content-range"]
    yield _code(client.get("digits", range="bytes=20-30"))


def conditions(client: Client) -> Iterator[Outcome]:
    """Read and write only if something holds."""
    etag = client.put("key", b"one").headers["etag"]
    yield client.get("key", if_none_match=etag).status, client.get("key", if_match='"other"').status
    yield client.put("key", b"two", if_none_match="*").status, client.put("new", b"two", if_none_match="*").status
    yield client.put("key", b"two", if_match='"0123"').status, client.put("key", b"two", if_match=etag).status
    yield client.get("key").body, client.get("new").body
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = pool.map(lambda number: client.put("race", str(number).encode(), if_none_match="*").status, range(16))
    yield sorted(set(codes) - {409}).count(200)


def conditional_copies(client: Client) -> Iterator[Outcome]:
    """Copy only if something holds of the source."""
    etag, source = client.put("key", b"one").headers["etag"], f"/{client.bucket}/key"
    for condition, wanted in (("match", etag), ("match", '"0123"'), ("none_match", etag), ("none_match", '"0123"')):
        told = {"x_amz_copy_source": source, f"x_amz_copy_source_if_{condition}": wanted}
        yield client.put(f"copy-{condition}", b"", **told).status
    yield client.listed()
    long_ago = "Thu, 01 Jan 2026 00:00:00 GMT"
    yield client.put("since", b"", x_amz_copy_source=source, x_amz_copy_source_if_modified_since=long_ago).status
    yield client.put("until", b"", x_amz_copy_source=source, x_amz_copy_source_if_unmodified_since=long_ago).status
    yield client.get("key", if_modified_since=long_ago).status, client.get("key", if_unmodified_since=long_ago).status
    yield _code(client.put("copy", b"", x_amz_copy_source=f"/{client.bucket}/never"))


def attributes(client: Client) -> Iterator[Outcome]:
    """Ask for attributes of an object alone."""
    client.put("key", b"text")
    answer = client.ask("GET", "key", query={"attributes": ""}, headers={"x_amz_object_attributes": "ETag,ObjectSize"})
    root = xml.etree.ElementTree.fromstring(answer.body)
    yield answer.status, root.findtext("{*}ETag"), root.findtext("{*}ObjectSize")


def metadata(client: Client) -> Iterator[Outcome]:
    """Say something about an object."""
    told = {
        "content_type": "text/markdown",
        "cache_control": "no-store",
        "x_amz_meta_who": "ada",
        "x_amz_meta_a_b": "c",
    }
    client.put("key", b"text", **told)
    found = client.ask("HEAD", "key").headers
    yield [found.get(name.replace("_", "-")) for name in told]
    yield client.put("copy", b"", x_amz_copy_source=f"/{client.bucket}/key").status
    found = client.ask("HEAD", "copy").headers
    yield [found.get(name.replace("_", "-")) for name in told]
    again = {"x_amz_metadata_directive": "REPLACE", "x_amz_meta_who": "bob", "content_type": "text/plain"}
    client.put("copy", b"", x_amz_copy_source=f"/{client.bucket}/key", **again)
    found = client.ask("HEAD", "copy").headers
    yield found.get("x-amz-meta-who"), found.get("content-type"), found.get("x-amz-meta-a-b")
    yield client.get("copy").body


def tags(client: Client) -> Iterator[Outcome]:
    """Put tags on an object."""
    client.put("key", b"text", x_amz_tagging="kind=log&step=a%20b")
    yield _tags(client, "key"), client.ask("HEAD", "key").headers.get("x-amz-tagging-count")
    body = b"<Tagging><TagSet><Tag><Key>one</Key><Value>1</Value></Tag></TagSet></Tagging>"
    yield client.ask("PUT", "key", body, query={"tagging": ""}).status, _tags(client, "key")
    yield client.ask("DELETE", "key", query={"tagging": ""}).status, _tags(client, "key")


def parts(client: Client) -> Iterator[Outcome]:
    """Upload in parts."""
    first, last = os.urandom(PART), os.urandom(1000)
    upload = client.begin("large", content_type="text/csv", x_amz_meta_who="ada")
    etags = [
        client.part("large", upload, 1, first).headers["etag"],
        client.part("large", upload, 2, last).headers["etag"],
    ]
    listed = xml.etree.ElementTree.fromstring(client.ask("GET", "large", query={"uploadId": upload}).body)
    yield [item.findtext("{*}Size") for item in listed.iterfind("{*}Part")]
    running = xml.etree.ElementTree.fromstring(client.ask("GET", query={"uploads": ""}).body)
    yield [item.findtext("{*}Key") for item in running.iterfind("{*}Upload")]
    yield client.ask("HEAD", "large").status, client.listed()
    yield _code(client.complete("large", upload, etags))[0]
    found = client.ask("HEAD", "large").headers
    whole = hashlib.md5(b"".join(bytes.fromhex(etag.strip('"')) for etag in etags), usedforsecurity=False).hexdigest()
    yield found["etag"] == f'"{whole}-2"', found["content-type"], found.get("x-amz-meta-who"), found["content-length"]
    yield client.get("large").body == first + last
    yield client.get("large", range=f"bytes={PART - 1}-{PART}").body == first[-1:] + last[:1]
    answer = client.ask("GET", "large", query={"partNumber": "2"})
    yield answer.status, answer.body == last
    yield client.listed()
    copied = client.begin("copied")
    source = {"x_amz_copy_source": f"/{client.bucket}/large", "x_amz_copy_source_range": f"bytes=0-{PART - 1}"}
    answer = client.part("copied", copied, 1, b"", **source)
    etag = xml.etree.ElementTree.fromstring(answer.body).findtext("{*}ETag") or ""
    yield answer.status, client.complete("copied", copied, [etag]).status, client.get("copied").body == first


def aborted(client: Client) -> Iterator[Outcome]:
    """Give an upload in parts up, or end one that is none."""
    upload = client.begin("large")
    etag = client.part("large", upload, 1, b"some").headers["etag"]
    yield client.ask("DELETE", "large", query={"uploadId": upload}).status
    yield _code(client.complete("large", upload, [etag]))
    yield _code(client.part("large", upload, 2, b"more"))
    yield client.get("large").status, client.listed()
    upload = client.begin("small")
    etags = [client.part("small", upload, number, b"small").headers["etag"] for number in (1, 2)]
    yield _code(client.complete("small", upload, etags))
    yield _code(client.complete("small", upload, ['"00000000000000000000000000000000"']))
    client.put("there", b"first")
    upload = client.begin("there")
    etag = client.part("there", upload, 1, b"second").headers["etag"]
    yield _code(client.complete("there", upload, [etag], if_none_match="*")), client.get("there").body


def lists(client: Client) -> Iterator[Outcome]:
    """List with prefixes, delimiters and pages."""
    for number in range(7):
        client.put(f"a/{number}/x", b"")
        client.put(f"b-{number}", b"")
    yield client.listed()
    yield client.listed(delimiter="/")
    yield client.listed(delimiter="/", prefix="a/")
    yield client.listed(delimiter="/", max_keys="3")
    yield client.listed(max_keys="2", prefix="a/")
    yield client.listed(start_after="b-3")
    yield client.listed(prefix="nothing")
    first = xml.etree.ElementTree.fromstring(client.ask("GET", query={"marker": "b-4", "max-keys": "1"}).body)
    yield [item.findtext("{*}Key") for item in first.iterfind("{*}Contents")], first.findtext("{*}IsTruncated")


def many(client: Client) -> Iterator[Outcome]:
    """Delete many objects at once."""
    for key in ("one", "two & <more>", "three"):
        client.put(key)
    keys = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("one", "two &amp; &lt;more&gt;", "never"))
    body = f"<Delete>{keys}</Delete>".encode()
    check = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    answer = client.ask("POST", "", body, query={"delete": ""}, headers={"content_md5": check})
    root = xml.etree.ElementTree.fromstring(answer.body)
    yield answer.status, sorted(item.findtext("{*}Key") or "" for item in root.iterfind("{*}Deleted"))
    yield client.listed()


def keys(client: Client) -> Iterator[Outcome]:
    """Use keys of all kinds."""
    odd = [
        "ä/€/日本",
        "a b+c",
        "per%cent%41",
        "q?u=e&r",
        "tilde~!'()*",
        "colon:semi;",
        'quote"d',
        "#hash",
        "dot./.x",
        "e\u0301",
    ]
    yield [client.put(key, key.encode()).status for key in odd]
    yield [client.get(key).body == key.encode() for key in odd]
    yield sorted(map(urllib.parse.unquote_plus, client.listed(encoding_type="url")[0]))
    long = "/".join(["k" * 250] * 4)[:1000]
    yield client.put(long).status, client.get(long).status
    yield _code(client.put("k" * 1025))
    yield client.put("s" * 255).status


def presigned(client: Client) -> Iterator[Outcome]:
    """Let somebody without a login ask once."""
    yield client.unsigned("PUT", client.presigned("PUT", "a/key ä"), b"given")[0]
    yield client.unsigned("GET", client.presigned("GET", "a/key ä"))
    client.put("other")
    path = client.presigned("GET", "a/key ä")
    yield client.unsigned("GET", path.replace(urllib.parse.quote("a/key ä"), "other"))[0]
    yield client.unsigned("GET", client.presigned("GET", "other", seconds=10, ago=60))[0]
    yield client.unsigned("DELETE", client.presigned("GET", "other"))[0]
    yield client.unsigned("GET", f"/{client.bucket}/other")[0]


def sums(client: Client) -> Iterator[Outcome]:
    """Send what does not match its checksum."""
    right = base64.b64encode(hashlib.md5(b"text", usedforsecurity=False).digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    yield client.put("key", b"text", content_md5=right).status, _code(client.put("key", b"text", content_md5=wrong))
    right, wrong = (base64.b64encode(hashlib.sha256(it).digest()).decode() for it in (b"text", b"other"))
    yield client.put("key", b"text", x_amz_checksum_sha256=right).status
    yield client.put("key", b"text", x_amz_checksum_sha256=wrong).status


def versions(client: Client) -> Iterator[Outcome]:
    """Keep what was there before."""
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    yield client.ask("PUT", "", body, query={"versioning": ""}).status
    first = client.put("key", b"one").headers.get("x-amz-version-id", "")
    client.put("key", b"two")
    yield client.get("key").body, client.ask("GET", "key", query={"versionId": first}).body
    yield client.ask("DELETE", "key").headers.get("x-amz-delete-marker"), client.get("key").status
    root = xml.etree.ElementTree.fromstring(client.ask("GET", query={"versions": ""}).body)
    yield len(root.findall("{*}Version")), len(root.findall("{*}DeleteMarker"))
    marker = root.findtext("{*}DeleteMarker/{*}VersionId") or ""
    yield client.ask("DELETE", "key", query={"versionId": marker}).status, client.get("key").body
    yield client.ask("DELETE", "key", query={"versionId": first}).status
    yield _code(client.ask("GET", "key", query={"versionId": first}))
    body = b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
    yield client.ask("PUT", "", body, query={"versioning": ""}).status
    client.put("key", b"three")
    yield client.get("key").body
    root = xml.etree.ElementTree.fromstring(client.ask("GET", query={"versions": ""}).body)
    yield sorted((item.findtext("{*}VersionId") == "null") for item in root.iterfind("{*}Version"))


def buckets(client: Client) -> Iterator[Outcome]:
    """Make buckets, and delete them."""
    client.put("key")
    yield _code(client.ask("DELETE"))
    client.ask("DELETE", "key")
    yield client.ask("DELETE").status, client.ask("HEAD").status, _code(client.put("key"))
    yield dataclasses.replace(client, bucket="No").ask("PUT").status


OPERATIONS: tuple[Callable[[Client], Iterator[Outcome]], ...] = (
    objects,
    ranges,
    conditions,
    conditional_copies,
    attributes,
    metadata,
    tags,
    parts,
    aborted,
    lists,
    many,
    keys,
    presigned,
    sums,
    versions,
    buckets,
)


def key_within_key(client: Client) -> Outcome:
    """`d/e` beside `d/e/3`: which of them are in a list."""
    client.put("d/e")
    client.put("d/e/3")
    return client.listed()[0]


def order(client: Client) -> Outcome:
    """`foo/` beside `foo+1/`, which sort otherwise without their slashes: in which order a list of folders has them."""
    client.put("foo/a")
    client.put("foo+1/a")
    return client.listed(delimiter="/")[1]


def empty_metadata(client: Client) -> Outcome:
    """What becomes of metadata without a value."""
    client.put("key", b"text", x_amz_meta_who="")
    return client.ask("HEAD", "key").headers.get("x-amz-meta-who")


def range_that_is_none(client: Client) -> Outcome:
    """Whether a part is copied by a range that does not say of what."""
    client.put("key", b"01234")
    upload = client.begin("copy")
    source = {"x_amz_copy_source": f"/{client.bucket}/key", "x_amz_copy_source_range": "0-2"}
    return client.part("copy", upload, 1, b"", **source).status


def double_slash(client: Client) -> Outcome:
    """`x//y`: whether it is taken, and the key in a list."""
    return client.put("x//y").status, client.listed()[0]


def cors(client: Client) -> Outcome:
    """Whether pages of other origins may be named that may ask."""
    rule = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule>"
    body = f"<CORSConfiguration>{rule}</CORSConfiguration>".encode()
    check = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return client.ask("PUT", "", body, query={"cors": ""}, headers={"content_md5": check}).status


def encryption(client: Client) -> Outcome:
    """Whether the store encrypts with a key of its own."""
    return client.put("key", b"text", x_amz_server_side_encryption="AES256").status


def notifications(client: Client) -> Outcome:
    """Whether a bucket tells what happens in it."""
    return client.ask("PUT", "", b"<NotificationConfiguration/>", query={"notification": ""}).status


def select(client: Client) -> Outcome:
    """Whether an object can be searched."""
    client.put("key", b"a,b\n")
    return client.ask("POST", "key", b"<SelectRequest/>", query={"select": "", "select-type": "2"}).status
