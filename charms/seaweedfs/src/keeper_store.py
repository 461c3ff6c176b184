"""Ask the store of the same pod, with nothing but Python's standard library; runs beside `login_keeper`.

Source of the paths: seaweedfs/seaweedfs 4.53, weed/server/volume_server_handlers_admin.go, master_server.go and
filer_server_handlers_write.go; of the filer's rules: weed/pb/filer.proto (FilerConf).
"""

import dataclasses
import http.client
import json
from collections.abc import Iterable
from typing import Any

from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.profile_logins import Login
from kubeflow_charms.storage.s3_requests import exchange
from space_limits import Usage

HOST = "127.0.0.1"
TIMEOUT = 2
BUCKET, KEY = "/kubeflow-readiness", "/kubeflow-readiness/object"
"""What is read to see whether the store works: of its own, and seen by nobody but the root's login."""
RULES = "/etc/seaweedfs/filer.conf"
"""The filer's own file of rules by folder, which it reads again when it changes."""
VOLUME_SERVER, FILER, MASTER = 8080, 8888, 9333


@dataclasses.dataclass(frozen=True)
class LocalStore:
    """The store.

    Attributes:
        root: with the root's login.
        volume_server, filer, master: the ports of its parts.
    """

    root: Store
    volume_server: int = VOLUME_SERVER
    filer: int = FILER
    master: int = MASTER

    def knows(self, login: Login) -> bool:
        """Tell whether a login is known, whatever it may do.

        Raises:
            OSError: the store does not answer.
        """
        store = dataclasses.replace(self.root, access_key=login.access_key, secret_key=login.secret_key)
        status, answer = _send(store, "GET", "/")
        return status < 500 and b"InvalidAccessKeyId" not in answer

    def reads(self) -> bool:
        """Tell whether an object can be read, which is written the first time."""
        try:
            status, _ = _send(self.root, "GET", KEY)
            if status == 404:
                _send(self.root, "PUT", BUCKET)
                status, _ = _send(self.root, "PUT", KEY, b"ready\n")
            return status == 200
        except OSError:
            return False

    def writes(self) -> bool:
        """Tell whether what is written is answered: taken, or refused as on a full disk, where reading goes on."""
        try:
            _send(self.root, "PUT", KEY, b"ready\n")
        except OSError:
            return False
        return True

    def usage(self) -> Usage:
        """Return what is on the disk.

        Raises:
            OSError: the store does not tell.
        """
        return usage(self.volume_server)

    def refuse(self, folders: Iterable[str]) -> None:
        """Let nothing be written into folders, and into all others again; reading and deleting go on.

        Raises:
            OSError: the store does not take it.
        """
        rules = {"locations": [{"locationPrefix": folder, "readOnly": True} for folder in sorted(folders)]}
        # Inside the filer, as there may be no room for it elsewhere.
        path = f"{RULES}?saveInside=true"
        status, answer = _plain(self.filer, "PUT", path, json.dumps(rules).encode())
        if status >= 300:
            raise OSError(f"{status} {answer[:200].decode(errors='replace')}")

    def vacuum(self, garbage: float) -> None:
        """Begin to give back the room of deleted objects.

        Args:
            garbage: the part of a volume that they have to be.

        Raises:
            OSError: the store does not answer.
        """
        try:
            _plain(self.master, "GET", f"/vol/vacuum?garbageThreshold={garbage}")
        except TimeoutError:
            return  # it answers when it is through, and goes on without who asked


def usage(volume_server: int = VOLUME_SERVER) -> Usage:
    """Return what is on the disk of the store in this pod.

    Args:
        volume_server: its port.

    Raises:
        OSError: the store does not tell.
    """
    try:
        found: dict[str, Any] = json.loads(_plain(volume_server, "GET", "/status")[1])
        disk, buckets, garbage = found["DiskStatuses"][0], dict[str, int](), 0
        for volume in found["Volumes"] or ():
            deleted = int(volume.get("DeletedByteCount", 0))
            name, live = str(volume.get("Collection", "")), int(volume["Size"]) - deleted
            buckets[name] = buckets.get(name, 0) + max(live, 0)
            garbage += deleted
        # What is 0 is left out.
        return Usage(int(disk["all"]), int(disk.get("free", 0)), buckets, garbage)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise OSError(f"the volume server sends no status: {error}") from error


def _send(store: Store, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    try:
        answer = exchange(store, method, path, body, timeout=TIMEOUT)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    return answer.status, answer.body


def _plain(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
