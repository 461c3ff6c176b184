"""The database of Juju 3.6's controller: an own server in MongoDB's place, its image, and what it did not know."""

from pathlib import Path

from testbed import cache, golang, image, images
from testbed.errors import TestbedError
from testbed.golang import Target
from testbed.images import DIRECTORIES
from testbed.paths import Paths

PROGRAMS = ("mongod", "mongo")
"""One program is both, the server and the client that the pod's probes call."""
UNKNOWN = "unknown.log"
"""What the server names the file beside its journal that has each request it could not serve, in all its lives."""


def archive(name: str) -> Path:
    """Return the archive of the image of this name, made unless the cache has it.

    Raises:
        BuildError: Go refused.
        PackageError: there is no Go.
        TestbedError: the root file system cannot be made.
    """
    program = golang.build("juju-db", [Target("mongod", ".")])["mongod"]
    root = images.root()
    key = cache.digest([root.name, str(program), name])
    made = cache.directory() / "images" / f"juju-db-{key}.tar"
    if not made.exists():
        contents = {f"usr/local/bin/{called}": (program, 0o755) for called in PROGRAMS}
        config = image.Config(environment={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        with cache.step(f"making the image {name}"):
            image.write(made, [name], config, [root, {**DIRECTORIES, **contents}])
    return made


def unknown(paths: Paths) -> list[str]:
    """Return what the testbed's database was asked and did not know since the testbed was made, a line each.

    Raises:
        TestbedError: the testbed has no such database, as with Juju 4.1.
    """
    found = list(paths.volumes.glob(f"*/db/{UNKNOWN}"))
    if not found:
        raise TestbedError(f"{paths.volumes} has no {UNKNOWN} of Juju's database: does this testbed have Juju 3.6?")
    return [line for path in found for line in path.read_text().splitlines()]
