"""Container images inside the testbed."""

from collections.abc import Iterable
from pathlib import Path

from testbed import node
from testbed.machine import Machine


def import_image(machine: Machine, archive: Path) -> None:
    """Give the container runtime the images of a docker archive.

    Raises:
        TestbedError: the testbed does not run, or the archive is none.
    """
    machine.run("ctr", *node.address(machine.paths), "images", "import", str(archive.resolve()))


def import_missing(machine: Machine, archives: Iterable[Path]) -> None:
    """Give the container runtime those archives of the cache that it was not given yet.

    What an archive of the cache holds is in its file name, so the name tells what has been imported.

    Raises:
        TestbedError: the testbed does not run, or an archive is damaged.
    """
    done = machine.paths.state / "imported"
    done.mkdir(exist_ok=True)
    for archive in archives:
        mark = done / archive.name
        if not mark.exists():
            import_image(machine, archive)
            mark.touch()
