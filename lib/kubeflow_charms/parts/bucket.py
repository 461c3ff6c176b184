"""A bucket in a related object store."""

import dataclasses
import logging
from collections.abc import Callable

from ..engine.problems import Blocked, Waiting
from ..engine.run import Run, always, fingerprint
from ..storage.object_store import DEFAULT_REGION, Store

logger = logging.getLogger(__name__)

MEMORY = ".bucket"
"""Begins a file beside the charm's code: that a bucket was found; gone with the pod, when looking again is right."""


@dataclasses.dataclass(frozen=True)
class Bucket:
    """A bucket that the leader makes unless it is there; never emptied and never removed.

    Attributes:
        store: where, and with which login.
        name: the bucket's; the store's own, if that insists on one, is for the charm to choose.
        when: tells whether the store can answer; one that is the charm's own is waited for by its workload.
    """

    store: Store
    name: str
    when: Callable[[], bool] = always

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Look for the bucket, and make it.

        Raises:
            Waiting: the store does not answer.
            Blocked: it refuses the login, or the bucket.
        """
        if not run.leader or not self.when():
            return
        memory = run.sources.parent / f"{MEMORY}-{self.name}"
        wanted = fingerprint(dataclasses.asdict(self.store), self.name)
        if memory.exists() and memory.read_text() == wanted:
            return
        if self._ask("HEAD") == 404:
            self._ask("PUT", self._place())
        memory.write_text(wanted)

    def _place(self) -> bytes:
        """Return where a new bucket is to be; Amazon wants no word of its oldest region."""
        region = self.store.region
        if region in ("", DEFAULT_REGION):
            return b""
        place = f"<LocationConstraint>{region}</LocationConstraint>"
        return f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>".encode()

    def _ask(self, method: str, body: bytes = b"") -> int:
        """Send a request about the bucket and return the status code, if it is 404 or good."""
        import http.client

        from ..storage.s3_requests import send

        store = self.store
        try:
            code, answer = send(store, method, f"/{self.name}", body)
        except (OSError, http.client.HTTPException) as error:
            raise Waiting(f"the object store {store.url} to answer ({type(error).__name__})") from error
        if code < 300 or code == 404 or b"BucketAlreadyOwnedByYou" in answer:
            return code
        logger.warning("%s /%s: %s %s", method, self.name, code, answer[:500])
        if code >= 500:
            raise Waiting(f"the object store {store.url} to answer (it says {code})")
        if code in (401, 403):
            raise Blocked(
                f"the object store {store.url} refuses the bucket {self.name} to this login ({code}): "
                "another name, or another login"
            )
        raise Blocked(f"the object store {store.url} has no bucket {self.name} and makes none ({code})")
