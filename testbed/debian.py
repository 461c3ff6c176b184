"""Root file systems made of Debian packages, as tar files in the cache."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError

EPOCH = "1767225600"
"""Every file is dated to this second (2026-01-01), so that equal packages make equal tar files."""

ANY_AGE = 'Acquire::Check-Valid-Until "false"'
"""A mirror that is frozen at some day, or behind, is as good as another."""


def root(
    name: str,
    packages: Sequence[str],
    *,
    hooks: Sequence[str] = (),
    suite: str = "bookworm",
    variant: str = "minbase",
    architecture: str = "",
) -> Path:
    """Return a tar file with a Debian root; it is made once for what is asked.

    Args:
        name: begins the file's name and is what the progress line says.
        packages: what it holds beyond the variant.
        hooks: shell commands that finish it; `$1` is the root.
        suite: the Debian release.
        variant: `minbase` for a system that programs are installed in, `extract` for files without any devices.
        architecture: Debian's name of the processor, if not this machine's; such a root can only be `extract`.

    Raises:
        TestbedError: mmdebstrap is missing or failed; the message says why.
    """
    foreign = [f"--architectures={architecture}"] if architecture else []
    wanted = cache.digest([variant, suite, *packages, "", *hooks, *foreign])
    made = cache.directory() / "debian" / f"{name}-{wanted}.tar"
    if made.exists():
        return made
    if shutil.which("mmdebstrap") is None:
        raise TestbedError("mmdebstrap is missing: run `apt-get install mmdebstrap`")
    made.parent.mkdir(parents=True, exist_ok=True)
    unfinished = made.with_name(f".{made.name}.{os.getpid()}")
    command = [
        "mmdebstrap",
        "--quiet",
        "--format=tar",
        f"--variant={variant}",
        f"--include={','.join(packages)}",
        *foreign,
    ]
    command.append(f"--aptopt={ANY_AGE}")
    stage = "extract" if variant == "extract" else "customize"
    command += [f"--{stage}-hook={hook}" for hook in hooks]
    if variant == "extract":
        command.append("--skip=output/dev")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    try:
        with cache.step(f"making the Debian root {name}"):
            done = subprocess.run(
                [*command, suite, str(unfinished)], env=environment, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise TestbedError(f"mmdebstrap could not make {name}:\n{done.stderr.strip()[-2000:]}")
        unfinished.rename(made)
    finally:
        unfinished.unlink(missing_ok=True)
    return made
