"""Ask the store of the same pod, with nothing but Python's standard library; runs beside `login_keeper`.

Source of the signature: Amazon's documentation of its version 4.
"""

import dataclasses
import datetime
import hashlib
import hmac
import http.client
import json
import ssl
from typing import Any

HOST = "127.0.0.1"
TIMEOUT = 2
REGION = "us-east-1"
BUCKET, KEY = "/kubeflow-readiness", "/kubeflow-readiness/object"
"""What is read to see whether the store works: of its own, and seen by nobody but the root's login."""
VOLUME_SERVER = 8080


@dataclasses.dataclass(frozen=True)
class Signer:
    """A login."""

    access_key: str
    secret_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class LocalStore:
    """The store.

    Attributes:
        port: where it speaks S3.
        secure: whether that is https.
    """

    port: int
    secure: bool

    def knows(self, signer: Signer) -> bool:
        """Tell whether a login is known, whatever it may do.

        Raises:
            OSError: the store does not answer.
        """
        status, answer = self.send(signer, "GET", "/")
        return status < 500 and b"InvalidAccessKeyId" not in answer

    def reads(self, root: Signer) -> bool:
        """Tell whether an object can be read, which is written the first time."""
        try:
            status, _ = self.send(root, "GET", KEY)
            if status == 404:
                self.send(root, "PUT", BUCKET)
                status, _ = self.send(root, "PUT", KEY, b"ready\n")
            return status == 200
        except OSError:
            return False

    def writes(self, root: Signer) -> bool:
        """Tell whether what is written is answered: taken, or refused as on a full disk, where reading goes on."""
        try:
            self.send(root, "PUT", KEY, b"ready\n")
        except OSError:
            return False
        return True

    def send(self, signer: Signer, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a signed request and return its status and answer.

        Raises:
            OSError: the store does not answer.
        """
        moment = datetime.datetime.now(datetime.UTC)
        connection = self._connection()
        try:
            connection.request(method, path, body, _signed(signer, method, path, body, moment, f"{HOST}:{self.port}"))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        # Nobody is in between, and the certificate is for the name that other pods use.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(HOST, self.port, timeout=TIMEOUT, context=context)


def free() -> float | None:
    """Return how many percent of the store's disk are free; None as long as nobody knows."""
    connection = http.client.HTTPConnection(HOST, VOLUME_SERVER, timeout=TIMEOUT)
    try:
        connection.request("GET", "/status")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        disk = found["DiskStatuses"][0]
        # What is 0 is left out.
        return 100 * int(disk.get("free", 0)) / int(disk["all"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, ZeroDivisionError):
        return None
    finally:
        connection.close()


def _signed(
    signer: Signer, method: str, path: str, body: bytes, moment: datetime.datetime, host: str
) -> dict[str, str]:
    digest, time = hashlib.sha256(body).hexdigest(), moment.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": time}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
    scope = f"{time[:8]}/{REGION}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{signer.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    said = f"Credential={signer.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {said}"}
