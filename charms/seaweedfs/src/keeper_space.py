"""Keep room on the store's disk: what is old goes, and what has no room is refused; runs beside `login_keeper`.

SeaweedFS itself looks at its disk once a minute, when the disk may be full to the last byte, and then no longer gives
back the room of what is deleted. So this looks as often as the disk could fill, and refuses in time.
"""

import contextlib
import datetime
import time
from collections.abc import Callable

from keeper_store import LocalStore
from s3_listing import StoreError, buckets, delete, give_up, objects, uploads
from space_limits import BUCKETS, Limits, Usage

FASTEST = 200 * 1024 * 1024
"""Bytes a second, that no disk of an edge node fills with."""
SHORTEST, LONGEST = 1.0, 30.0
"""Seconds between two looks."""
ROUND = 3600
"""Seconds between two looks for what is old, and for uploads that nobody ended."""
UPLOAD = 24 * 3600
"""Seconds after which an upload in parts that was not ended is given up, as MinIO does by default."""
GIVEN_BACK = 60
"""Seconds between two requests for the room of what was deleted, where room is short."""
FIRST = 60
"""Seconds after the start until the first look for what is old; a store that starts has other things to do."""


class SpaceKeeper:
    """Looks at the disk, and at what is old, again and again."""

    def __init__(self, limits: Limits, store: LocalStore, say: Callable[[str], None] = lambda text: None):
        self._limits, self._store, self._say = limits, store, say
        self._refused: frozenset[str] | None = None
        self._given_back = 0.0
        self._aged = time.monotonic() - ROUND + FIRST
        self.usage: Usage | None = None

    def run(self) -> None:
        """Go on for ever."""
        while True:
            time.sleep(self.look())

    def look(self) -> float:
        """Bring what is refused to what there is room for, and return the seconds until the next look is due."""
        try:
            self.usage = found = self._store.usage()
            self._refuse(found)
            self._give_back(found)
        except OSError:
            return SHORTEST  # the store starts, or ends
        if time.monotonic() - self._aged > ROUND:
            self._aged = time.monotonic()
            with contextlib.suppress(OSError):
                self.give_up_uploads()
                self.age()
        return min(max((found.free - self._limits.reserve) / FASTEST, SHORTEST), LONGEST)

    def age(self) -> int:
        """Delete what is old, and return how many objects that were.

        Raises:
            OSError: the store does not answer when asked for the room.
        """
        now, gone = datetime.datetime.now(datetime.UTC), 0
        for rule in self._limits.rules:
            try:
                listed = objects(self._store.root, rule.bucket, rule.prefix)
                old = (item.key for item in listed if rule.holds(item.key, item.modified, now))
                gone += delete(self._store.root, rule.bucket, old)
            except StoreError as error:
                self._say(f"objects of {rule.bucket} that are old stay: {error}")
        return self._gave_back(gone, "objects were old, and are deleted")

    def give_up_uploads(self, seconds: float = UPLOAD) -> int:
        """Delete the parts of uploads that nobody ended, and return how many uploads that were.

        The parts of a client that died are in no list of objects, and count for the bucket's quota.

        Args:
            seconds: that an upload may take.

        Raises:
            OSError: the store does not answer when asked for the room.
        """
        latest, gone = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds), 0
        try:
            for bucket in buckets(self._store.root):
                for upload in [item for item in uploads(self._store.root, bucket) if item.begun < latest]:
                    give_up(self._store.root, bucket, upload)
                    gone += 1
        except StoreError as error:
            self._say(f"uploads that nobody ended stay: {error}")
        return self._gave_back(
            gone, f"uploads were not ended within {seconds / 3600:g} hours, and their parts are deleted"
        )

    def _gave_back(self, gone: int, what: str) -> int:
        """Say how many went, let the store have their room again, and return the number."""
        if gone:
            self._say(f"{gone} {what}")
            self._store.vacuum(0.1)
        return gone

    @property
    def roomy(self) -> bool:
        """Whether the disk has as much room as the charm wants, as far as anybody knows."""
        return self.usage is None or self.usage.free >= max(self._limits.mark(self.usage), self._limits.reserve)

    @property
    def within(self) -> bool:
        """Whether each bucket is within its quota."""
        return not (self._refused or frozenset()) - {BUCKETS}

    def _refuse(self, found: Usage) -> None:
        wanted = self._limits.refused(found, self._refused or ())
        if wanted != self._refused:
            self._store.refuse(wanted)
            if wanted or self._refused:
                self._say(f"no room, and nothing is written: {', '.join(sorted(wanted)) or 'nowhere any more'}")
            self._refused = wanted

    def _give_back(self, found: Usage) -> None:
        if found.garbage and self._limits.short(found) and time.monotonic() - self._given_back > GIVEN_BACK:
            self._given_back = time.monotonic()
            self._store.vacuum(0.01)
