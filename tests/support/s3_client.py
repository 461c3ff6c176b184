"""A client of an object store with requests of every kind, signed, presigned and unsigned."""

import dataclasses
import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree
from typing import Any

from kubeflow_charms.storage.object_store import DEFAULT_REGION, Store
from kubeflow_charms.storage.s3_requests import Answer, exchange


@dataclasses.dataclass(frozen=True)
class Client:
    """A client that has a bucket of its own for one operation.

    Attributes:
        store: where, and with which login.
        bucket: its name.
    """

    store: Store
    bucket: str

    def ask(self, method: str, key: str = "", body: bytes = b"", /, **more: Any) -> Answer:
        """Send a request about an object, or about the bucket."""
        headers = {name.replace("_", "-"): text for name, text in more.pop("headers", {}).items()}
        path = f"/{self.bucket}/{key}" if key else f"/{self.bucket}"
        return exchange(self.store, method, path, body, headers=headers, timeout=30, **more)

    def put(self, key: str, body: bytes = b"content", /, **headers: str) -> Answer:
        """Write an object."""
        return self.ask("PUT", key, body, headers=headers)

    def get(self, key: str, /, **headers: str) -> Answer:
        """Read an object."""
        return self.ask("GET", key, headers=headers)

    def listed(self, **query: str) -> tuple[list[str], list[str]]:
        """Return all keys and common prefixes of a list, page by page."""
        keys, prefixes, token = list[str](), list[str](), ""
        while True:
            more = {"continuation-token": token} if token else {}
            root = xml.etree.ElementTree.fromstring(
                self.ask(
                    "GET", query={"list-type": "2", **{k.replace("_", "-"): v for k, v in query.items()}, **more}
                ).body
            )
            keys += [item.text or "" for item in root.iterfind("{*}Contents/{*}Key")]
            prefixes += [item.text or "" for item in root.iterfind("{*}CommonPrefixes/{*}Prefix")]
            token = root.findtext("{*}NextContinuationToken") or ""
            if root.findtext("{*}IsTruncated") != "true":
                return keys, prefixes

    def begin(self, key: str, **headers: str) -> str:
        """Begin an upload in parts."""
        answer = self.ask("POST", key, query={"uploads": ""}, headers=headers)
        return xml.etree.ElementTree.fromstring(answer.body).findtext("{*}UploadId") or ""

    def part(self, key: str, upload: str, number: int, body: bytes = b"", **headers: str) -> Answer:
        """Upload a part."""
        return self.ask("PUT", key, body, query={"partNumber": str(number), "uploadId": upload}, headers=headers)

    def complete(self, key: str, upload: str, etags: list[str], **headers: str) -> Answer:
        """End an upload in parts."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        return self.ask("POST", key, body, query={"uploadId": upload}, headers=headers)

    def presigned(self, method: str, key: str, seconds: int = 60, ago: int = 0) -> str:
        """Return a path with which anybody may ask once; see Amazon's documentation of its signature's version 4."""
        moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=ago)
        time = moment.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{time[:8]}/{DEFAULT_REGION}/s3/aws4_request"
        path = urllib.parse.quote(f"/{self.bucket}/{key}")
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.store.access_key}/{scope}",
            "X-Amz-Date": time,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
        told = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote, safe="")
        canonical = f"{method}\n{path}\n{told}\nhost:{self.store.endpoint}\n\nhost\nUNSIGNED-PAYLOAD"
        text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signing = f"AWS4{self.store.secret_key}".encode()
        for piece in scope.split("/"):
            signing = hmac.digest(signing, piece.encode(), "sha256")
        return f"{path}?{told}&X-Amz-Signature={hmac.new(signing, text.encode(), 'sha256').hexdigest()}"

    def unsigned(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request that nobody signs."""
        connection = http.client.HTTPConnection(self.store.host, self.store.port, timeout=30)
        connection.request(method, path, body)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found
