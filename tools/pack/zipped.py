"""Write a zip archive whose bytes depend on nothing but what is in it."""

from __future__ import annotations

import pathlib
import stat
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: the earliest that a zip archive can name."""


def write(target: pathlib.Path, root: pathlib.Path, executable: frozenset[str] = frozenset()) -> None:
    """Archive all files below a folder.

    Args:
        target: the archive; it appears only when it is whole.
        root: the folder.
        executable: the names, relative to the folder, of the files that get the executable bit.
    """
    part = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(part, "w") as archive:
        for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
            if path.is_dir():
                continue
            name = path.relative_to(root).as_posix()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | (0o755 if name in executable else 0o644)) << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)
    part.replace(target)
