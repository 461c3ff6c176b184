"""The folder as a database: what is in it, and the two ways it changes.

    FOLDER/<name>/<revision>.charm    put there by `store add`; `.bundle` for bundles
    FOLDER/<name>/channels.json       {"latest/stable": 3}, or [3, 4] with one for each architecture; without it, every
                                      channel holds the highest revisions
    FOLDER/<name>.charm               dropped in by hand: revision 1
    FOLDER/<name>_r12.charm           the name `juju download` gives: revision 12
    FOLDER/resources.json             images from a registry of one's own; see `tools.store.images`

To remove a revision, remove its file.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import fcntl
import json
import os
import pathlib
import re
import shutil
import threading
import typing

from tools.store import archive
from tools.store.images import Overrides
from tools.store.model import Channel, Entry, Package, Revision, StoreError

CHANNELS = "channels.json"
OVERRIDES = "resources.json"
_REVISION_IN_NAME = re.compile(r"_r(\d+)$")

Stamp = tuple[pathlib.Path, int, int]


class Snapshot(typing.NamedTuple):
    """What the folder held at one moment; `problems` are files that cannot be served, with the reason."""

    entries: dict[str, Entry]
    overrides: Overrides
    problems: tuple[str, ...]


class Store:
    """Reads a store's folder, and reads again only what has changed on disk."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._lock = threading.Lock()
        self._packages: dict[Stamp, Package | StoreError] = {}
        self._seen: tuple[Stamp, ...] | None = None
        self._snapshot = Snapshot({}, Overrides(), ())

    def read(self) -> Snapshot:
        """Give the folder's present content.

        Raises:
            StoreError: when the folder is missing or cannot be read.
        """
        with self._lock:
            stamps = tuple(self._stamps())
            if stamps != self._seen:
                self._snapshot = self._load(stamps)
                self._packages = {stamp: self._packages[stamp] for stamp in stamps if stamp in self._packages}
                self._seen = stamps
            return self._snapshot

    def add(self, source: pathlib.Path, channel: Channel) -> Revision:
        """Check an archive, copy it into the folder as a new revision, and release that to a channel.

        The revision is the one in the file's name (`dex-auth_r12.charm`), or else one more than the highest.
        An archive the store has already gets no second revision; it is only released to the channel.

        Raises:
            StoreError: when the archive is bad, or the revision in its name is taken by another one.
        """
        package = archive.read(source)
        with self._changing():
            entry = self.read().entries.get(package.name)
            revisions = entry.revisions if entry else ()
            if entry and entry.newest.package.kind != package.kind:
                kind = entry.newest.package.kind
                raise StoreError(f"{source.name}: {package.name} is a {kind} in this store")
            same = next((known for known in revisions if known.package.sha256 == package.sha256), None)
            number = same.number if same else _number_for(source, entry)
            if not same:
                self._copy(source, self.folder / package.name / f"{number}.{package.kind}")
            return self._release(package.name, number, channel, entry.channels if entry else {})

    def release(self, name: str, number: int, channel: Channel) -> Revision:
        """Let a channel hold a revision that the store has.

        Raises:
            StoreError: when the store has no such revision.
        """
        with self._changing():
            entry = self.read().entries.get(name)
            return self._release(name, number, channel, entry.channels if entry else {})

    def _release(self, name: str, number: int, channel: Channel, before: dict[Channel, tuple[int, ...]]) -> Revision:
        entry = self.read().entries.get(name)
        revision = entry.revision(number) if entry else None
        if not entry or not revision:
            has = f"; it has {', '.join(str(known.number) for known in entry.revisions)}" if entry else ""
            raise StoreError(f"{self.folder} has no revision {number} of {name}{has}")
        held = [item for item in entry.revisions if item.number in before.get(channel, ())]
        others = [item.number for item in held if not revision.package.takes_the_place_of(item.package)]
        channels = {**before, channel: tuple(sorted({number, *others}))}
        content = {
            str(key): numbers[0] if len(numbers) == 1 else list(numbers)
            for key, numbers in sorted(channels.items(), key=lambda item: str(item[0]))
        }
        target = self.folder / name / CHANNELS
        target.parent.mkdir(exist_ok=True)
        part = target.with_suffix(".part")
        part.write_text(json.dumps(content, indent=2) + "\n")
        part.replace(target)
        return revision

    def _copy(self, source: pathlib.Path, target: pathlib.Path) -> None:
        target.parent.mkdir(exist_ok=True)
        part = target.with_suffix(".part")
        shutil.copyfile(source, part)
        part.replace(target)

    @contextlib.contextmanager
    def _changing(self) -> typing.Iterator[None]:
        """Keep two commands from taking the same revision number."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _stamps(self) -> typing.Iterator[Stamp]:
        try:
            inner = sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))
            paths = [path for path in inner if path.is_file()]
            paths += [path for folder in inner if folder.is_dir() for path in sorted(folder.iterdir())]
            for path in paths:
                if path.suffix in (".charm", ".bundle") or path.name in (CHANNELS, OVERRIDES):
                    status = path.stat()
                    yield path, status.st_mtime_ns, status.st_size
        except OSError as error:
            raise StoreError(f"the store's folder {self.folder} cannot be read: {error.strerror}") from None

    def _load(self, stamps: tuple[Stamp, ...]) -> Snapshot:
        problems: list[str] = []
        found: dict[str, dict[int, Revision]] = collections.defaultdict(dict)
        archives = [stamp for stamp in stamps if stamp[0].suffix != ".json"]
        for stamp in sorted(archives, key=lambda stamp: stamp[0].parent == self.folder):
            try:
                revision = self._revision(stamp)
                known = found[revision.package.name].setdefault(revision.number, revision)
                if known.package.sha256 != revision.package.sha256:
                    raise StoreError(f"{stamp[0]} is another {known.path}; remove or rename one of them")
            except StoreError as error:
                problems.append(str(error))
        entries = {name: self._entry(name, found[name], problems) for name in sorted(found)}
        overrides = Overrides()
        try:
            overrides = Overrides.load(self.folder / OVERRIDES)
        except StoreError as error:
            problems.append(str(error))
        return Snapshot(entries, overrides, tuple(problems))

    def _entry(self, name: str, revisions: dict[int, Revision], problems: list[str]) -> Entry:
        ordered = tuple(revisions[number] for number in sorted(revisions))
        channels: dict[Channel, tuple[int, ...]] = {}
        path = self.folder / name / CHANNELS
        if not path.exists():
            return Entry(name, ordered, {Channel("latest", "stable"): (ordered[-1].number,)}, everywhere=True)
        try:
            content = json.loads(path.read_text())
            channels = {Channel.parse(channel): _numbers(held) for channel, held in content.items()}
        except (AttributeError, OSError, TypeError, ValueError, StoreError) as error:
            problems.append(f'{path} should look like {{"latest/stable": 1}}: {error}; nothing is released')
        for channel, held in list(channels.items()):
            for number in held:
                if number not in revisions:
                    problems.append(f"{path}: {channel} holds revision {number}, which is not in the folder")
            channels[channel] = tuple(number for number in held if number in revisions)
            if not channels[channel]:
                del channels[channel]
        return Entry(name, ordered, channels)

    def _revision(self, stamp: Stamp) -> Revision:
        path, modified, _ = stamp
        if stamp not in self._packages:
            named = path.parent.name if path.parent != self.folder else ""
            try:
                self._packages[stamp] = archive.read(path, named)
            except StoreError as error:
                self._packages[stamp] = error
        package = self._packages[stamp]
        if isinstance(package, StoreError):
            raise package
        if path.parent == self.folder:
            number = _revision_in_name(path) or 1
        elif path.stem.isdecimal():
            number = int(path.stem)
        else:
            raise StoreError(f"{path}: the name has to be a revision, for example 1{path.suffix}")
        added = datetime.datetime.fromtimestamp(modified // 10**9, datetime.UTC)
        return Revision(number, package, path, added)


def _numbers(held: object) -> tuple[int, ...]:
    """Read what a channel holds: a revision, or a list of them."""
    return tuple(int(str(number)) for number in (held if isinstance(held, list) else [held]))


def _revision_in_name(path: pathlib.Path) -> int | None:
    match = _REVISION_IN_NAME.search(path.stem)
    return int(match[1]) if match else None


def _number_for(source: pathlib.Path, entry: Entry | None) -> int:
    number = _revision_in_name(source)
    if number is None:
        return entry.newest.number + 1 if entry else 1
    if entry and entry.revision(number):
        raise StoreError(f"{source.name}: the store has another revision {number} of {entry.name}")
    return number
