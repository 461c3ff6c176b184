"""A module that lacks a file as the module proxy serves it, built from a copy that has the file.

The files are ours, in `testbed/modules/<module>/missing`, below the path of the module that lacks them.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError

MISSING = "missing"


def lacking(folder: Path) -> str:
    """Return the path of the required module that `folder/missing` has files for; "" if it has none.

    Raises:
        TestbedError: the go.mod requires no such module.
    """
    files = _files(folder)
    if not files:
        return ""
    required = re.findall(r"^(?:require\s+|\s+)(\S+) v\S+", (folder / "go.mod").read_text(), re.MULTILINE)
    holding = [path for path in required if all(str(file).startswith(f"{path}/") for file in files)]
    if not holding:
        raise TestbedError(f"{folder / 'go.mod'} requires no module that holds {files[0]}")
    return max(holding, key=len)


def flags(folder: Path, source: Callable[[str], Path]) -> list[str]:
    """Return what Go's build is told besides, so that it takes the copy; nothing if nothing is missing.

    Args:
        folder: of `testbed/modules`, with go.mod and go.sum.
        source: returns the directory of a required module as the proxy serves it.

    Raises:
        TestbedError: a file is not missing after all.
    """
    path = lacking(folder)
    if not path:
        return []
    served = source(path)
    files = {file.relative_to(path): folder / MISSING / file for file in _files(folder)}
    there = [name for name in files if (served / name).exists()]
    if there:
        raise TestbedError(f"{served} has {there[0]}: remove it from {folder / MISSING}")
    content = cache.digest([str(served), *(part for name in files for part in (str(name), files[name].read_bytes()))])
    copy = cache.directory() / "go" / f"mended-{folder.name}-{content}"
    if not copy.is_dir():
        with cache.new_directory(copy) as made:
            _copy(served, made)
            for name, file in files.items():
                shutil.copyfile(file, made / name)
    modfile = cache.directory() / "go" / f"mended-{folder.name}-{content}.mod"
    modfile.write_text(f"{(folder / 'go.mod').read_text()}\nreplace {path} => {copy}\n")
    shutil.copyfile(folder / "go.sum", modfile.with_suffix(".sum"))
    return [f"-modfile={modfile}"]


def _files(folder: Path) -> list[Path]:
    root = folder / MISSING
    return [path.relative_to(root) for path in sorted(root.rglob("*.go"))]


def _copy(served: Path, made: Path) -> None:
    """Copy what Go builds from; the cache of modules is read-only, the copy is not."""
    for path in served.rglob("*"):
        if path.is_file():
            target = made / path.relative_to(served)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
