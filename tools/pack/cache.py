"""Where packing keeps what it has made, by content."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import typing


def folder() -> pathlib.Path:
    """Give the cache's folder: $XDG_CACHE_HOME/kubeflow-pack, or else ~/.cache/kubeflow-pack."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    path = pathlib.Path(home, "kubeflow-pack")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(what: pathlib.Path) -> typing.Iterator[None]:
    """Let one process at a time make what this path names; the lock is a file beside it."""
    with what.with_name(f"{what.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep_newest(path: pathlib.Path, pattern: str, count: int) -> None:
    """Remove all but the newest files of this pattern."""
    found = sorted(path.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found[count:]:
        file.unlink(missing_ok=True)
