"""A Python of Debian for arm64, run by qemu-user: instructions are emulated, calls of the kernel are this machine's."""

import pathlib
import tarfile

from testbed import cache, debian

ARCHITECTURE, VERSION = "arm64", "3.11"
PACKAGES = (f"python{VERSION}-minimal", f"libpython{VERSION}-stdlib")
TRIMMED = ('rm -rf "$1"/usr/share "$1"/usr/lib/*/gconv "$1"/usr/lib/*/perl-base',)
EMULATOR = "qemu-aarch64-static"
ALONE = (f'find "$1"/usr/bin -name "qemu-*" ! -name {EMULATOR} -delete', 'rm -rf "$1"/usr/share "$1"/usr/libexec')
WRAPPER = '#!/bin/sh\nexec {emulator} -L {root} {root}/usr/bin/python{version} "$@"\n'
"""What is at `root` is found there, all else, as the charm and the commands of hooks, where it is on this machine."""


def python() -> pathlib.Path:
    """Return the folder of a `python3` for arm64, fetched once into the testbed's cache.

    Raises:
        TestbedError: it cannot be had.
    """
    root = debian.root("python-arm64", PACKAGES, hooks=TRIMMED, variant="extract", architecture=ARCHITECTURE)
    emulator = debian.root("qemu-aarch64", ["qemu-user-static"], hooks=ALONE, variant="extract")
    made = root.with_name(f"{root.stem}-{cache.digest([emulator.name, WRAPPER])}")
    if not made.is_dir():
        with cache.new_directory(made) as folder:
            for archive, name in ((root, "root"), (emulator, "emulator")):
                with tarfile.open(archive) as packed:
                    packed.extractall(folder / name, filter="tar")
            (folder / "bin").mkdir()
            program = made / "emulator/usr/bin" / EMULATOR
            wrapper = folder / "bin" / "python3"
            wrapper.write_text(WRAPPER.format(emulator=program, root=made / "root", version=VERSION))
            wrapper.chmod(0o755)
    return made / "bin"
