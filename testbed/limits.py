"""Limits that the kernel has once for the whole machine, and that a few dozen pods run into."""

from collections.abc import Mapping
from pathlib import Path

NEEDED = {"fs/inotify/max_user_instances": 1024, "fs/inotify/max_user_watches": 65536}
"""Every agent and most programs watch files; root has 128 watchers at most if nothing else is said."""
SETTINGS = Path("/proc/sys")


def increase(folder: Path = SETTINGS) -> dict[str, int]:
    """Raise what is lower than needed and return what it was before."""
    before: dict[str, int] = {}
    for name, needed in NEEDED.items():
        value = int((folder / name).read_text())
        if value < needed:
            (folder / name).write_text(str(needed))
            before[name] = value
    return before


def restore(before: Mapping[str, int], folder: Path = SETTINGS) -> None:
    """Set back what `increase` raised, unless somebody else has changed it since."""
    for name, value in before.items():
        if int((folder / name).read_text()) == NEEDED.get(name):
            (folder / name).write_text(str(value))
