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

    def runs_on(self, architecture: str) -> bool:
        """Tell whether it runs on an architecture; a bundle, and what is for `all`, runs on any."""
        return self.kind == "bundle" or any(base.architecture in (architecture, "all") for base in self.bases)

    def takes_the_place_of(self, other: Package) -> bool:
        """Tell whether a channel that gets this has the other no longer: both run on one architecture."""
        known = {base.architecture for base in self.bases}
        return self.kind == "bundle" or "all" in known or any(map(other.runs_on, known))


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
    """All revisions of one name, in ascending order, and what each channel holds: one for each architecture.

    Nobody has released anything where `everywhere` is set: then every channel holds the newest revision, and
    `channels` shows latest/stable.
    """

    name: str
    revisions: tuple[Revision, ...]
    channels: dict[Channel, tuple[int, ...]]
    everywhere: bool = False

    def revision(self, number: int) -> Revision | None:
        """Give the revision of this number."""
        return next((revision for revision in self.revisions if revision.number == number), None)

    def held(self, channel: Channel) -> list[Revision]:
        """Give what a channel itself holds, the newest first."""
        return [item for item in reversed(self.revisions) if item.number in self.channels.get(channel, ())]

    def released(self, channel: Channel, architecture: str = "") -> Revision | None:
        """Give what a channel holds; an empty risk follows the next stabler one, as on Charmhub.

        Args:
            channel: the channel.
            architecture: that it is for; where there is nothing for it, or none is named, the newest of all.
        """
        risks = reversed(RISKS[: RISKS.index(channel.risk) + 1])
        found = [item for risk in risks for item in self.held(Channel(channel.track, risk))]
        if self.everywhere:
            found = list(reversed(self.revisions))
        fitting = [item for item in found if not architecture or item.package.runs_on(architecture)]
        return next(iter(fitting or found), None)

    @property
    def default(self) -> tuple[Channel, Revision] | None:
        """The release shown first: latest/stable, or else the first channel by name and risk."""
        ordered = sorted(self.channels, key=lambda channel: (channel.track, RISKS.index(channel.risk)))
        first = Channel("latest", "stable")
        return next(((channel, self.held(channel)[0]) for channel in [first, *ordered] if self.held(channel)), None)

    @property
    def newest(self) -> Revision:
        """The revision with the highest number."""
        return self.revisions[-1]
