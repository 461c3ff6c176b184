"""How full the disk and the buckets are, as the unit that has the objects sees it."""

import dataclasses
import shutil
from collections.abc import Iterator

import ops
from kubeflow_charms import Blocked
from seaweedfs_options import SeaweedfsOptions

STORAGE = "seaweedfs-data"
RESERVE = 500 * 1024 * 1024
"""Of free space in bytes, below which nothing is written any more; reads go on. It is twice what a volume takes."""


@dataclasses.dataclass(frozen=True)
class Disk:
    """A disk, in bytes; of no size as long as it is not there."""

    size: int = 0
    free: int = 0

    def warning(self, percent: int, application: str) -> Blocked | None:
        """Return what the status says of it; None while there is room.

        Args:
            percent: of the disk, that are to be free.
            application: which can tell what takes the room.
        """
        if not self.size or (self.free >= self.size * percent / 100 and self.free > RESERVE):
            return None
        what = "takes no more objects" if self.free <= RESERVE else "is nearly full"
        return Blocked(
            f"the disk {what}: {self.free / 2**30:.1f} of {self.size / 2**30:.1f} GiB are free; "
            f"what takes the room: juju run {application}/leader list-buckets"
        )


def disk(model: ops.Model) -> Disk:
    """Return the disk of this unit's storage."""
    try:
        found = shutil.disk_usage(model.storages[STORAGE][0].location)
    except (LookupError, OSError, ops.ModelError):
        return Disk()
    return Disk(found.total, found.free)


def warnings(found: Disk, options: SeaweedfsOptions, application: str) -> Iterator[Blocked]:
    """Yield what the status says of room.

    Args:
        found: the disk.
        options: the charm's.
        application: which can tell what takes the room.
    """
    if warning := found.warning(options.disk_warning, application):
        yield warning
    for bucket, used in full(options.quotas).items():
        yield Blocked(
            f"the bucket {bucket} takes no more objects: {used / 2**20:.0f} of {options.quotas[bucket] / 2**20:.0f} "
            "MiB of its quota used; delete some or raise quotas"
        )


def full(quotas: dict[str, int]) -> dict[str, int]:
    """Return the bytes of each bucket that is beyond its quota, as far as the store tells."""
    if not quotas:
        return {}
    from keeper_store import usage

    try:
        used = usage().buckets
    except OSError:
        return {}
    return {bucket: used[bucket] for bucket, quota in sorted(quotas.items()) if used.get(bucket, 0) >= quota}
