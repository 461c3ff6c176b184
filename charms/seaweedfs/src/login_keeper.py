"""Keep the store's file of identities true: who the charm says, and a login for the namespace of each profile.

Runs in a container of its own with nothing but Python's standard library. What the charm says is in a file that it
starts this program anew with. The identities go to a folder that the store sees as well; then a bell is rung in that
folder, until the store knows a login that is in the newest file alone.
"""

import base64
import contextlib
import dataclasses
import errno
import hashlib
import hmac
import json
import os
import pathlib
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from keeper_kubernetes import Namespaces
from keeper_space import SpaceKeeper
from keeper_store import HOST, LocalStore
from kubeflow_charms.small_programs.health_server import serve
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Refused, address
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.profile_logins import Login, login
from space_limits import Limits

PERIOD = 60
"""Seconds after which all namespaces are listed again, though none came or went."""
GATHER = 0.2
"""Seconds in which more namespaces may come or go before the file is written."""
PAUSE, LONGEST = 0.05, 2.0
"""Seconds until the bell is rung again, twice as long each time."""
PATIENCE = 180
"""Seconds without hearing of Kubernetes, or of the store what it knows, after which the program calls itself ill."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the charm says.

    Attributes:
        identities, policies: of the root's login and of related applications, in the store's words.
        profiles: the label that a profile's namespace has, as `key=value`.
        policy: the name of the policy that profiles have.
        seeds: from which their logins are derived; none for no such logins.
        root: the root's login.
        port: where the store speaks S3.
        secure: whether that is https.
        answer: the port to tell at how things are.
        folder: that the store sees as well.
        limits: of what there may be on the disk.
    """

    identities: tuple[Mapping[str, Any], ...]
    policies: tuple[Mapping[str, str], ...]
    profiles: str
    policy: str
    seeds: tuple[str, ...]
    root: Login
    port: int
    secure: bool
    answer: int
    folder: str
    limits: Limits

    @classmethod
    def read(cls, text: str) -> "Settings":
        """Read the charm's file."""
        document = json.loads(text)
        lists = {key: tuple(document[key]) for key in ("identities", "policies", "seeds")}
        made = {"root": Login(*document["root"]), "limits": Limits.read(document["limits"])}
        return cls(**{**document, **lists, **made})

    @property
    def store(self) -> Store:
        """The store of this pod, with the root's login."""
        root = self.root
        return Store(
            host=HOST, port=self.port, secure=self.secure, access_key=root.access_key, secret_key=root.secret_key
        )


def document(settings: Settings, namespaces: Mapping[str, str]) -> dict[str, Any]:
    """Return the store's identities.

    Args:
        settings: the charm's.
        namespaces: of profiles: the uid of each by its name.
    """
    profiles: list[dict[str, Any]] = []
    for name, uid in sorted(namespaces.items()) if settings.seeds else ():
        logins = [login(seed, name, uid) for seed in settings.seeds]
        credentials = [{"accessKey": item.access_key, "secretKey": item.secret_key} for item in logins]
        profiles.append({"name": name, "credentials": credentials, "policyNames": [settings.policy]})
    return {"identities": [*settings.identities, *profiles], "policies": list(settings.policies)}


def sealed(found: Mapping[str, Any], root: Login) -> tuple[str, Login]:
    """Return the file's text with a login in it that no other text has, and that login, which may do nothing."""
    digest = hmac.new(root.secret_key.encode(), json.dumps(found, sort_keys=True).encode(), hashlib.sha256).digest()
    name = base64.b32encode(digest).decode()
    seal = Login(f"SEAL{name[:16]}", name[16:48])
    identity = {
        "name": "seal",
        "credentials": [{"accessKey": seal.access_key, "secretKey": seal.secret_key}],
        "policyNames": ["seal"],
    }
    nothing = {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}
    policy = {"name": "seal", "content": json.dumps({"Version": "2012-10-17", "Statement": [nothing]})}
    identities, policies = [*found["identities"], identity], [*found["policies"], policy]
    return json.dumps({"identities": identities, "policies": policies}), seal


class Keeper:
    """Brings the file, and what the store knows of it, to what there is."""

    def __init__(
        self,
        settings: Settings,
        namespaces: Namespaces,
        store: LocalStore,
        say: Callable[[str], None] = lambda text: print(text, flush=True),
    ):
        self._settings, self._namespaces, self._store, self._say = settings, namespaces, store, say
        folder = pathlib.Path(settings.folder)
        self._file, self._bell, self._memory = (folder / name for name in ("identities.json", "bell", "profiles.json"))
        self._known = _remembered(self._memory)
        self._changed = threading.Event()
        self._writes = False
        self.seal: Login | None = None
        self.heard: Login | None = None
        self.looked = time.monotonic()
        self.written = time.monotonic()

    def run(self) -> None:
        """Go on for ever."""
        # The store starts with what was known last, also while Kubernetes does not answer.
        self.write(self._known)
        threading.Thread(target=self._listen, daemon=True).start()
        pause = PAUSE
        while True:
            try:
                self.look()
                pause = PAUSE
            except Refused as error:
                self._say(f"Kubernetes does not tell which profiles there are: {error}")
                time.sleep(pause)
                pause = min(2 * pause, LONGEST)

    def look(self) -> None:
        """Bring the file to the profiles that there are, and return when one comes or goes, or after a while.

        Raises:
            Refused: Kubernetes does not tell.
        """
        if not self._settings.seeds:
            self.looked = time.monotonic()
            time.sleep(PERIOD)
            return
        found, version = self._namespaces.list()
        self.looked = time.monotonic()
        self.write(found)
        for name, uid in self._namespaces.changes(version, PERIOD):
            if self._known.get(name, "") != uid:
                time.sleep(GATHER)
                return

    def write(self, namespaces: Mapping[str, str]) -> None:
        """Write the file, if it changes, and have it read."""
        text, seal = sealed(document(self._settings, namespaces), self._settings.root)
        if seal == self.seal:
            return
        come, gone = namespaces.keys() - self._known.keys(), self._known.keys() - namespaces.keys()
        self._known = dict(namespaces)
        _replace(self._memory, json.dumps(self._known))
        _replace(self._file, text)
        self.seal, self.written = seal, time.monotonic()
        self._changed.set()
        self._say(f"{len(namespaces)} profiles have a login; new: {_brief(come)}; dead: {_brief(gone)}")

    def ring(self) -> None:
        """Have the store read the file, if it listens."""
        try:
            bell = os.open(self._bell, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.ENOENT):
                raise
            return
        with contextlib.suppress(BlockingIOError):
            os.write(bell, b"\n")
        os.close(bell)

    def hear(self, seal: Login) -> bool:
        """Tell whether the store knows the newest file."""
        with contextlib.suppress(OSError):
            if self._store.knows(seal):
                self.heard = seal
                return True
        return False

    @property
    def well(self) -> bool:
        """Whether Kubernetes was heard of, and the store knows what it is to know, or does not answer at all."""
        now = time.monotonic()
        current = self.heard == self.seal or now - self.written < PATIENCE
        return now - self.looked < PATIENCE and current

    def ready(self) -> bool:
        """Tell whether the store knows who is who, and has an object read.

        After a start it reads at once, while the first that is written waits for up to 17 seconds.
        """
        if self.heard is None or not self._store.reads():
            self._writes = False
            return False
        self._writes = self._writes or self._store.writes()
        return self._writes

    def _listen(self) -> None:
        """Ring until the newest file is known, whenever there is one; a store that starts anew reads it by itself."""
        while True:
            self._changed.wait()
            self._changed.clear()
            pause = PAUSE
            while (seal := self.seal) and self.heard != seal:
                self.ring()
                time.sleep(pause)
                if self.hear(seal):
                    self._say(f"the store knows it after {time.monotonic() - self.written:.2f} s")
                pause = min(2 * pause, LONGEST)


def _remembered(path: pathlib.Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _replace(path: pathlib.Path, text: str) -> None:
    """Write a file that is never seen half written, and by nobody else."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    beside.replace(path)


def _brief(names: set[str]) -> str:
    first = sorted(names)[:5]
    return ", ".join([*first, *(["..."] if len(names) > len(first) else [])]) or "none"


def main(file: str) -> None:
    """Run with the file that holds what the charm says."""
    settings = Settings.read(pathlib.Path(file).read_text())
    store = LocalStore(settings.store)
    keeper = Keeper(settings, Namespaces(Kubernetes(address(os.environ)), settings.profiles), store)
    space = SpaceKeeper(settings.limits, store, lambda text: print(text, flush=True))
    answers = {
        "/healthz": lambda: keeper.well,
        "/ready": keeper.ready,
        "/disk": lambda: space.roomy,
        "/quota": lambda: space.within,
    }
    serve(settings.answer, answers, local=True)
    threading.Thread(target=space.run, daemon=True).start()
    keeper.run()


if __name__ == "__main__":
    main(sys.argv[1])
