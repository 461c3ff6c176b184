"""Requests to an object store, signed as Amazon's Signature Version 4 asks for; import it late.

With nothing but Python's standard library, as charms' small programs in pods take this file along.

Source: Amazon's documentation of the signature's version 4. A bucket is named in the path, which every
store understands.
"""

import dataclasses
import datetime
import hashlib
import hmac
import http.client
import shutil
import ssl
import urllib.parse
from collections.abc import Mapping
from typing import BinaryIO

from ..networking import network
from .object_store import DEFAULT_REGION, Store

TIMEOUT = 5
LOOPBACK = ("localhost", "127.0.0.1")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a store answers.

    Attributes:
        status: the code.
        body: empty where it went into a file.
        headers: by their names in small letters.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]


def send(
    store: Store,
    method: str,
    path: str,
    body: bytes | BinaryIO = b"",
    *,
    query: Mapping[str, str] | None = None,
    into: BinaryIO | None = None,
    timeout: float = TIMEOUT,
) -> tuple[int, bytes]:
    """Send one request as `exchange` does, and return its status code and body alone."""
    answer = exchange(store, method, path, body, query=query, into=into, timeout=timeout)
    return answer.status, answer.body


def exchange(
    store: Store,
    method: str,
    path: str,
    body: bytes | BinaryIO = b"",
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    into: BinaryIO | None = None,
    timeout: float = TIMEOUT,
) -> Answer:
    """Send one request and return all of the answer.

    Args:
        store: where to, and whose login signs.
        method: `GET`, `PUT`...
        path: of a bucket or an object, such as `/bucket/key`.
        body: what to send; a file is sent from its beginning, without being read into memory.
        query: parameters of the request.
        headers: further ones, by their names in small letters; they are signed, too.
        into: a file that takes a good answer, which is not returned then.
        timeout: seconds to wait for the connection and for each part of the answer.

    Raises:
        OSError: the store cannot be reached.
        http.client.HTTPException: it speaks no HTTP.
    """
    quoted = urllib.parse.quote(path)
    parameters = urllib.parse.urlencode(sorted((query or {}).items()), quote_via=urllib.parse.quote, safe="")
    moment = datetime.datetime.now(datetime.UTC)
    signed = sign(store, method, quoted, body, moment, parameters, headers)
    if not isinstance(body, bytes):
        signed["content-length"] = str(body.seek(0, 2))
        body.seek(0)
    connection = _connection(store, timeout)
    try:
        connection.request(method, f"{quoted}?{parameters}" if parameters else quoted, body, signed)
        answer = connection.getresponse()
        if into is not None and answer.status < 300:
            shutil.copyfileobj(answer, into)
        said = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, answer.read(), said)
    finally:
        connection.close()


def sign(
    store: Store,
    method: str,
    path: str,
    body: bytes | BinaryIO,
    moment: datetime.datetime,
    query: str = "",
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the headers of a request, its signature among them.

    Args:
        store: whose login signs.
        method: the request's.
        path: quoted, without a query.
        body: the request's.
        moment: when it is sent, UTC; stores refuse what is more than some minutes old.
        query: quoted, its parameters in order.
        more: further headers, by their names in small letters.
    """
    digest = _digest(body)
    time, region = moment.strftime("%Y%m%dT%H%M%SZ"), store.region or DEFAULT_REGION
    headers = {"host": _host(store), "x-amz-content-sha256": digest, "x-amz-date": time, **(more or {})}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{time[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{store.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{store.access_key}/{scope}"
    said = f"Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {said}"}


def _digest(body: bytes | BinaryIO) -> str:
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    body.seek(0)
    return hashlib.file_digest(body, "sha256").hexdigest()  # pyright: ignore[reportArgumentType]


def _host(store: Store) -> str:
    return network.in_url(store.host) if store.port == (443 if store.secure else 80) else store.endpoint


def _connection(store: Store, timeout: float) -> http.client.HTTPConnection:
    if not store.secure:
        return http.client.HTTPConnection(store.host, store.port, timeout=timeout)
    context = ssl.create_default_context()
    if store.host in LOOPBACK:
        # Nobody is in between, and the certificate is for the name that other pods use.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for authority in store.authorities:
        context.load_verify_locations(cadata=authority)
    return http.client.HTTPSConnection(store.host, store.port, timeout=timeout, context=context)
