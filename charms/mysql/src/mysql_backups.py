"""Backups: dumps in an object store, which are checked before they count and before they are brought back."""

import dataclasses
import datetime
import gzip
import re
import tempfile
from typing import IO, Any

import ops
from kubeflow_charms import Blocked
from kubeflow_charms.engine.run import Run
from kubeflow_charms.interfaces.mysql_client import SYSTEM
from kubeflow_charms.parts import Bucket
from kubeflow_charms.storage.object_store import Store
from mysql_accounts import existing, make_anew
from mysql_client_program import dump, load, run_sql

SUFFIX = ".sql.gz"
IDENTIFIER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
COMPLETE = b"-- Dump completed"
"""The last line of a dump that was not broken off."""

TRANSFER = 60
"""Seconds that an object store may be silent during an upload or a download."""


class BackupError(Exception):
    """Why there is no backup, or nothing was brought back; a sentence for the operator."""


@dataclasses.dataclass(frozen=True)
class Backups:
    """The backups of one application.

    Attributes:
        store: where they are.
        bucket: in which bucket.
        folder: below which path.
    """

    store: Store
    bucket: str
    folder: str

    def make(self, run: Run, container: ops.Container) -> tuple[str, int]:
        """Dump all databases, and return the backup's identifier and its size in bytes.

        Raises:
            BackupError: there is nothing to back up, the dump is not complete, or the store does not take it.
            ops.pebble.Error: MySQL gives no dump.
            Blocked, Waiting: the store has and takes no bucket.
        """
        databases = _databases(container)
        if not databases:
            raise BackupError("there is no database to back up")
        identifier = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with tempfile.TemporaryFile() as file:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6) as packed:
                dump(container, databases, packed)
            _require_complete(file)
            size = file.tell()
            Bucket(self.store, self.bucket).apply(run)
            self._send("PUT", self._path(identifier), body=file)
        return identifier, size

    def identifiers(self) -> list[str]:
        """Return the identifiers of all backups, oldest first.

        Raises:
            BackupError: the store does not tell.
        """
        import urllib.parse
        import xml.etree.ElementTree as Tree

        found: list[str] = []
        query = {"list-type": "2", "prefix": f"{self.folder}/", "encoding-type": "url"}
        while True:
            answer = Tree.fromstring(self._send("GET", f"/{self.bucket}", query=query))
            texts = {tag: [item.text or "" for item in answer.iterfind(f".//{{*}}{tag}")] for tag in _TAGS}
            names = (urllib.parse.unquote_plus(key).rpartition("/")[2].removesuffix(SUFFIX) for key in texts["Key"])
            found += filter(IDENTIFIER.fullmatch, names)
            if texts["IsTruncated"] != ["true"]:
                return sorted(found)
            [query["continuation-token"]] = texts["NextContinuationToken"]

    def bring_back(self, run: Run, identifier: str, container: ops.Container) -> None:
        """Replace all databases of a backup by what it holds; clients are locked out until then.

        Raises:
            BackupError: there is no such backup, or it is not complete; nothing was changed then.
            ops.pebble.Error: MySQL refuses it; run it again, as some databases may be missing.
        """
        if not IDENTIFIER.fullmatch(identifier):
            raise BackupError(f"{identifier!r} is no backup, expected one that list-backups shows")
        with tempfile.TemporaryFile() as file:
            self._send("GET", self._path(identifier), into=file)
            _require_complete(file)
            file.seek(0)
            make_anew(run)
            _lock_out(container)
            with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                load(container, unpacked)

    def _path(self, identifier: str) -> str:
        return f"/{self.bucket}/{self.folder}/{identifier}{SUFFIX}"

    def _send(self, method: str, path: str, **more: Any) -> bytes:
        import http.client

        from kubeflow_charms.storage.s3_requests import send

        try:
            code, answer = send(self.store, method, path, timeout=TRANSFER, **more)
        except (OSError, http.client.HTTPException) as error:
            raise BackupError(f"the object store {self.store.url} does not answer: {error}") from error
        if code == 404:
            raise BackupError(f"the object store {self.store.url} has no {path}")
        if code >= 300:
            reason = re.search(rb"<Code>(\w+)</Code>", answer)
            said = reason[1].decode() if reason else ""
            raise BackupError(f"the object store {self.store.url} refuses {method} {path}: {code} {said}".rstrip())
        return answer


_TAGS = ("Key", "IsTruncated", "NextContinuationToken")


def backups(store: Store, *, bucket: str, model: str, application: str) -> Backups:
    """Return the backups of an application in a store.

    Args:
        store: the related one; a bucket and a path that it insists on are taken.
        bucket: otherwise.
        model: tells the application from others by its name.
        application: whose they are.

    Raises:
        Blocked: the bucket has no name.
    """
    name = store.bucket or bucket
    if not name:
        raise Blocked("the object store names no bucket for backups")
    return Backups(store, name, "/".join(filter(None, (store.path, model, application))))


def _databases(container: ops.Container) -> list[str]:
    return [name for name in run_sql(container, ["SHOW DATABASES"]).splitlines() if name.lower() not in SYSTEM]


def _require_complete(file: IO[bytes]) -> None:
    """Read a packed dump to its end, and leave the file there.

    Raises:
        BackupError: it is broken off, or is none.
    """
    file.seek(0)
    end = b""
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            while chunk := unpacked.read(1 << 20):
                end = (end + chunk)[-500:]
    except (OSError, EOFError) as error:
        raise BackupError(f"the backup is damaged: {error}") from error
    if COMPLETE not in end:
        raise BackupError("the dump is not complete")
    file.seek(0, 2)


def _lock_out(container: ops.Container) -> None:
    """Lock the relations' users and end their connections; the next hook lets them in again."""
    names = existing(container)
    run_sql(container, (f"ALTER USER '{name}'@'%' ACCOUNT LOCK" for name in names))
    listed = ", ".join(f"'{name}'" for name in names)
    if listed:
        said = run_sql(container, [f"SELECT id FROM information_schema.processlist WHERE user IN ({listed})"])
        # One that ended by itself meanwhile is as good.
        for number in said.split():
            _end(container, number)


def _end(container: ops.Container, number: str) -> None:
    try:
        run_sql(container, [f"KILL {int(number)}"])
    except ops.pebble.ExecError as error:
        if "1094" not in str(error.stderr):  # pyright: ignore[reportUnknownMemberType]
            raise
