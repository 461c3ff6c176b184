"""What Juju asks of Charmhub, answered from a snapshot of the store.

The questions and the answers' fields are those of Juju's own client (internal/charmhub in Juju 4, charmhub in
3.6): `find`, `info`, `refresh` with the actions install, download and refresh, and `resources`. Names double
as package IDs.
"""

from __future__ import annotations

import dataclasses
import typing

from tools.store import images, questions
from tools.store.index import Snapshot
from tools.store.model import RISKS, Base, Channel, Entry, Resource, Revision, StoreError
from tools.store.questions import Question

Json = dict[str, typing.Any]

BUNDLE_BASE = ("ubuntu", "24.04")
"""Bundles run on no base of their own, but Juju wants one to ask again with."""


ANY_ARCHITECTURE = "amd64"
"""What stands for `all` architectures where the question names none: Juju shows no `all`."""


class RefusedError(Exception):
    """An answer that is an error, with Charmhub's code for it."""

    def __init__(self, code: str, message: str, **extra: typing.Any):
        super().__init__(message)
        self.body: Json = {"code": code, "message": message, "extra": extra}


@dataclasses.dataclass(frozen=True)
class Answers:
    """Answers for one request: from this snapshot, with downloads below this URL."""

    snapshot: Snapshot
    url: str

    def find(self, query: str, kind: str = "") -> Json:
        """List what has the query in its name or summary; an empty query lists all that is released."""
        results: list[Json] = []
        for entry in self.snapshot.entries.values():
            package = entry.newest.package
            wanted = query.lower() in f"{entry.name} {package.summary}".lower()
            if wanted and entry.default and kind in ("", package.kind):
                release = _release(*entry.default, self._info_revision(entry.default[1]))
                results.append({**_identity(entry.default[1]), "default-release": release})
        return {"results": results}

    def info(self, name: str, channel: str = "") -> Json:
        """Describe one charm or bundle with all its channels.

        Raises:
            RefusedError: when the store has nothing of this name.
        """
        entry = self._entry(name)
        shown = entry.default
        if channel:
            wanted = _channel(channel)
            revision = entry.released(wanted)
            shown = (wanted, revision) if revision else shown
        if not shown:
            raise RefusedError("not-found", f"no revision of {name} is released to a channel")
        ordered = sorted(entry.channels, key=lambda channel: (channel.track, RISKS.index(channel.risk)))
        channel_map = [
            _release(channel, revision, self._info_revision(revision), base)
            for channel in ordered
            for revision in entry.held(channel)
            for base in _bases(revision)
        ]
        default = _release(*shown, self._info_revision(shown[1]))
        return {**_identity(shown[1]), "channel-map": channel_map, "default-release": default}

    def resources(self, name: str, resource: str) -> Json:
        """List the revisions of one resource, the newest first.

        Raises:
            RefusedError: when the store has nothing of this name.
        """
        entry = self._entry(name)
        found = {number: declared for number, _, declared in images.numbered(entry, resource)}
        described = [self._resource(name, number, found[number]) for number in sorted(found, reverse=True)]
        return {"revisions": [resource for resource in described if resource]}

    def refresh(self, request: object) -> Json:
        """Answer each action of a refresh request; an action that cannot be done is answered with an error.

        Raises:
            RefusedError: when the request is not of the form Juju sends.
        """
        try:
            asked = questions.read(request)
        except ValueError as error:
            raise RefusedError("bad-argument", str(error)) from None
        return {"results": [self._answer(question) for question in asked], "error-list": []}

    def document(self, name: str, resource: str, number: int) -> bytes:
        """Give the content of one revision of an OCI resource.

        Raises:
            RefusedError: when there is none.
        """
        for known, _, declared in images.numbered(self._entry(name), resource):
            content = images.document(self.snapshot.overrides, name, declared)
            if known == number and content:
                return content
        raise RefusedError("resource-not-found", f"{name} has no resource {resource} revision {number}")

    def archive(self, name: str, number: int) -> Revision:
        """Give one revision of a charm or bundle.

        Raises:
            RefusedError: when there is none.
        """
        revision = self._entry(name).revision(number)
        if not revision:
            raise RefusedError("revision-not-found", f"the store has no revision {number} of {name}")
        return revision

    def _entry(self, name: str, code: str = "not-found") -> Entry:
        entry = self.snapshot.entries.get(name)
        if not entry:
            raise RefusedError(code, f"the store has no charm or bundle {name!r}")
        return entry

    def _answer(self, question: Question) -> Json:
        answer = {"instance-key": question.key, "name": question.name, "id": question.name}
        try:
            entry = self._entry(question.name, "name-not-found" if question.by_name else "id-not-found")
            revision = _by_revision(entry, question) or _by_channel(entry, question)
        except RefusedError as refusal:
            return {**answer, "result": "error", "error": refusal.body, "charm": {}, "effective-channel": ""}
        return {
            **answer,
            "result": question.verb,
            "charm": self._charm(entry, revision, question.resources),
            "effective-channel": "" if question.revision is not None else str(_channel(question.channel)),
            "released-at": _date(revision),
        }

    def _charm(self, entry: Entry, revision: Revision, wanted: dict[str, int]) -> Json:
        resources: list[Json | None] = []
        for declared in revision.package.resources:
            known = images.numbered(entry, declared.name)
            own = next(item for item in known if item[1] is revision)
            number, _, resource = next((item for item in known if item[0] == wanted.get(declared.name)), own)
            resources.append(self._resource(entry.name, number, resource))
        package = revision.package
        return {
            "type": package.kind,
            "id": entry.name,
            "name": entry.name,
            "summary": package.summary,
            "license": "",
            "publisher": {},
            "revision": revision.number,
            "version": package.version or str(revision.number),
            "created-at": _date(revision),
            "bases": [_base(base) for base in _bases(revision)],
            "metadata-yaml": package.metadata_yaml,
            "config-yaml": package.config_yaml,
            "resources": [resource for resource in resources if resource],
            "download": self._download(revision),
        }

    def _resource(self, charm: str, number: int, resource: Resource) -> Json | None:
        content = images.document(self.snapshot.overrides, charm, resource)
        if not content:
            return None
        return {
            "name": resource.name,
            "type": resource.kind,
            "description": resource.description,
            "filename": resource.filename,
            "revision": number,
            "download": images.download(content, f"{self.url}/resource/{charm}/{resource.name}/{number}"),
        }

    def _download(self, revision: Revision) -> Json:
        package = revision.package
        return {
            "hash-sha-256": package.sha256,
            "hash-sha-384": package.sha384,
            "size": package.size,
            "url": f"{self.url}/download/{package.name}/{revision.number}",
        }

    def _info_revision(self, revision: Revision) -> Json:
        package = revision.package
        return {
            "revision": revision.number,
            "version": package.version or str(revision.number),
            "created-at": _date(revision),
            "bases": [_base(base) for base in _bases(revision)],
            "config-yaml": package.config_yaml,
            "metadata-yaml": package.metadata_yaml,
            "bundle-yaml": package.bundle_yaml,
            "download": self._download(revision),
        }


def _by_revision(entry: Entry, question: Question) -> Revision | None:
    """Give the revision that a question names; None when it names none."""
    if question.revision is None:
        return None
    revision = entry.revision(question.revision)
    if not revision:
        raise RefusedError("revision-not-found", f"{entry.name} has no revision {question.revision} here")
    return revision


def _by_channel(entry: Entry, question: Question) -> Revision:
    """Give what the question's channel holds, if that runs on the question's base."""
    channel = _channel(question.channel)
    architecture = question.base.architecture if question.base else ""
    revision = entry.released(channel, architecture)
    if not revision:
        raise _no_release(entry, f"nothing of {entry.name} is released to {channel}")
    bases = _bases(revision, architecture)
    if question.undecided and bases:
        releases = [{"base": _base(base), "channel": str(channel)} for base in bases]
        extra = {"default-bases": [_base(base) for base in bases], "releases": releases}
        raise RefusedError("invalid-charm-base", "ask again with one of the default bases", **extra)
    if revision.package.kind == "charm" and question.base and question.base not in bases:
        raise _no_release(entry, f"{entry.name} in {channel} does not run on {question.base}")
    return revision


def _no_release(entry: Entry, message: str) -> RefusedError:
    """Refuse, listing what there is; Juju compares these channels without the track `latest`."""
    releases = [
        {"base": _base(base), "channel": str(channel).removeprefix("latest/")}
        for channel in entry.channels
        for revision in entry.held(channel)
        for base in _bases(revision)
    ]
    return RefusedError("revision-not-found", message, releases=releases)


def _channel(text: str) -> Channel:
    try:
        return Channel.parse(text)
    except StoreError as error:
        raise RefusedError("invalid-channel", str(error)) from None


def _bases(revision: Revision, architecture: str = "") -> list[Base]:
    """Give a revision's bases, those for one architecture if one is named; `all` stands for any."""
    bases = revision.package.bases
    if revision.package.kind == "bundle":
        bases = (Base(*BUNDLE_BASE, "all"),)
    return [
        dataclasses.replace(base, architecture=architecture or ANY_ARCHITECTURE) if base.architecture == "all" else base
        for base in bases
        if base.architecture in (architecture or base.architecture, "all")
    ]


def _base(base: Base) -> Json:
    return {"name": base.name, "channel": base.channel, "architecture": base.architecture}


def _date(revision: Revision) -> str:
    return revision.added.isoformat()


def _release(channel: Channel, revision: Revision, described: Json, base: Base | None = None) -> Json:
    shown = {
        "name": str(channel),
        "track": channel.track,
        "risk": channel.risk,
        "base": _base(base or _bases(revision)[0]),
        "released-at": _date(revision),
    }
    return {"channel": shown, "revision": described}


def _identity(revision: Revision) -> Json:
    package = revision.package
    result = {
        "summary": package.summary,
        "description": package.description,
        "publisher": {"display-name": "this store"},
        "contains-charms": [{"name": name, "package-id": name, "store-url": ""} for name in package.charms],
        "categories": [],
        "license": "",
        "store-url": "",
        "used-by": [],
    }
    return {"type": package.kind, "id": package.name, "name": package.name, "result": result}
