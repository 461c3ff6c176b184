"""How full the disk with the objects is, as the unit that has it sees it."""

import dataclasses
import shutil

import ops
from kubeflow_charms import Blocked

STORAGE = "seaweedfs-data"
RESERVE = 500 * 1024 * 1024
"""Of free space in bytes, at which SeaweedFS writes no more; reads go on."""


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
            f"the disk {what}: {self.free / 2**30:.1f} GiB of {self.size / 2**30:.1f} GiB are free; "
            f"delete objects or enlarge the volume; what takes the room: juju run {application}/leader list-buckets"
        )


def disk(model: ops.Model) -> Disk:
    """Return the disk of this unit's storage."""
    try:
        found = shutil.disk_usage(model.storages[STORAGE][0].location)
    except (LookupError, OSError, ops.ModelError):
        return Disk()
    return Disk(found.total, found.free)
