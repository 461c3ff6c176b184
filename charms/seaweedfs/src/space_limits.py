"""How much there may be in the store, and how long: pure functions, for the charm and for its keeper."""

import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any

BUCKETS = "/buckets/"
"""Where SeaweedFS' filer has them, each in a folder."""
LEEWAY = 0.05
"""The part of a limit that has to be free again until what was refused is taken."""


@dataclasses.dataclass(frozen=True)
class Usage:
    """What is on the store's disk, in bytes.

    Attributes:
        size, free: of the disk.
        buckets: objects of each bucket that has any, without those that were deleted.
        garbage: objects that were deleted, and still take room.
    """

    size: int
    free: int
    buckets: Mapping[str, int]
    garbage: int


@dataclasses.dataclass(frozen=True)
class Rule:
    """Objects that go when they are old.

    Attributes:
        bucket: theirs.
        pattern: of their keys, with `*` for anything; without it what the keys begin with.
        seconds: that they stay.
    """

    bucket: str
    pattern: str
    seconds: float

    @property
    def prefix(self) -> str:
        """What all keys of the pattern begin with."""
        return self.pattern.partition("*")[0]

    def holds(self, key: str, modified: datetime.datetime, now: datetime.datetime) -> bool:
        """Tell whether an object is to go, by its key and when it was written."""
        whole = self.pattern if "*" in self.pattern else f"{self.pattern}*"
        matches = re.fullmatch(".*".join(map(re.escape, whole.split("*"))), key, re.DOTALL)
        return bool(matches) and modified < now - datetime.timedelta(seconds=self.seconds)


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the charm says about room.

    Attributes:
        quotas: bytes that each bucket may have.
        rules: what goes when it is old.
        reserve: bytes of the disk that stay free.
        warning: percent of the disk, below which the charm is woken.
    """

    quotas: Mapping[str, int]
    rules: tuple[Rule, ...]
    reserve: int
    warning: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Limits":
        """Return what is in the charm's file."""
        return cls(**{**document, "rules": tuple(Rule(*rule) for rule in document["rules"])})

    def refused(self, usage: Usage, before: Iterable[str]) -> frozenset[str]:
        """Return the folders into which nothing may be written.

        Args:
            usage: of the disk.
            before: what was refused so far, which has to get some leeway.
        """

        def beyond(folder: str, there: float, limit: float) -> bool:
            return there > limit * (1 - LEEWAY) if folder in before else there >= limit

        found = {
            folder
            for bucket, quota in self.quotas.items()
            if beyond(folder := f"{BUCKETS}{bucket}/", usage.buckets.get(bucket, 0), quota)
        }
        # The disk is full when what is used reaches all but the reserve.
        missing = self.reserve * (1 + (LEEWAY if BUCKETS in before else 0)) - usage.free
        return frozenset({*found, *([BUCKETS] if missing > 0 else [])})

    def short(self, usage: Usage) -> bool:
        """Tell whether there is so little room that what was deleted has to give back its own at once."""
        return usage.free < max(2 * self.reserve, self.mark(usage))

    def mark(self, usage: Usage) -> float:
        """Return the bytes that are to be free, lest the charm warns."""
        return usage.size * self.warning / 100
