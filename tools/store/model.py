"""What the store knows of charms, bundles, their revisions and their channels."""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import typing

Kind = typing.Literal["charm", "bundle"]

RISKS = ("stable", "candidate", "beta", "edge")


class StoreError(Exception):
    """Something the person who runs the store has to put right; the message says what and how."""


@dataclasses.dataclass(frozen=True)
class Base:
    """An operating system a charm runs on, for example `ubuntu`, `24.04`, `amd64`."""

    name: str
    channel: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.name}@{self.channel} on {self.architecture}"


@dataclasses.dataclass(frozen=True)
class Resource:
    """A resource a charm declares; `image` is its upstream-source, empty where it names none."""

    name: str
    kind: str
    description: str
    filename: str
    image: str


@dataclasses.dataclass(frozen=True)
class Package:
    """The content of one archive; the `_yaml` fields hold the files' text as Juju wants it."""

    kind: Kind
    name: str
    summary: str
    description: str
    version: str
    metadata_yaml: str
    config_yaml: str
    bundle_yaml: str
    bases: tuple[Base, ...]
    resources: tuple[Resource, ...]
    charms: tuple[str, ...]
    size: int
    sha256: str
    sha384: str


@dataclasses.dataclass(frozen=True)
class Revision:
    """One numbered archive of a charm or bundle."""

    number: int
    package: Package
    path: pathlib.Path
    added: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Channel:
    """A track and a risk, for example `latest/stable`."""

    track: str
    risk: str

    @classmethod
    def parse(cls, text: str) -> Channel:
        """Read `track/risk`, `risk` (of the track `latest`) or `track` (its stable risk).

        Raises:
            StoreError: when the text is none of these. Branches (a third part) are not supported.
        """
        parts = text.split("/")
        if len(parts) == 1:
            parts = ["latest", text] if text in RISKS else [text, "stable"]
        if len(parts) != 2 or not parts[0] or parts[1] not in RISKS:
            raise StoreError(f"{text!r} is no channel: write TRACK/RISK with a risk of {', '.join(RISKS)}")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.track}/{self.risk}"


@dataclasses.dataclass(frozen=True)
class Entry:
    """All revisions of one name, in ascending order, and what each channel holds.

    Nobody has released anything where `everywhere` is set: then every channel holds the newest revision, and
    `channels` shows latest/stable.
    """

    name: str
    revisions: tuple[Revision, ...]
    channels: dict[Channel, int]
    everywhere: bool = False

    def revision(self, number: int) -> Revision | None:
        """Give the revision of this number."""
        return next((revision for revision in self.revisions if revision.number == number), None)

    def released(self, channel: Channel) -> Revision | None:
        """Give what a channel holds; an empty risk follows the next stabler one, as on Charmhub."""
        if self.everywhere:
            return self.newest
        for risk in reversed(RISKS[: RISKS.index(channel.risk) + 1]):
            number = self.channels.get(Channel(channel.track, risk))
            if number is not None:
                return self.revision(number)
        return None

    @property
    def default(self) -> tuple[Channel, Revision] | None:
        """The release shown first: latest/stable, or else the first channel by name and risk."""
        ordered = sorted(self.channels, key=lambda channel: (channel.track, RISKS.index(channel.risk)))
        first = Channel("latest", "stable")
        for channel in [first, *ordered]:
            revision = self.revision(self.channels.get(channel, -1))
            if revision:
                return channel, revision
        return None

    @property
    def newest(self) -> Revision:
        """The revision with the highest number."""
        return self.revisions[-1]
