"""Processes of the host: telling them apart, ending them, and waiting for each other."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed import cache

BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process of the host that cannot be mistaken for a later one with the same number.

    Attributes:
        boot: the identity of the kernel's run that it is of, which random(4) describes.
        process: its number.
        started: when it started, in clock ticks after boot: field 22 of /proc/PID/stat (proc_pid_stat(5)).
    """

    boot: str
    process: int
    started: int

    @classmethod
    def read(cls, path: Path) -> "Process | None":
        """Return the process that a file names, or None if there is no such file or it is damaged."""
        try:
            found = json.loads(path.read_text())
            return cls(str(found["boot"]), int(found["process"]), int(found["started"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def find(cls, process: int) -> "Process | None":
        """Return the process that has a number now, or None if no process has it."""
        try:
            fields = _fields(process)
        except (FileNotFoundError, ProcessLookupError):
            return None
        return cls(BOOT.read_text().strip(), process, int(fields[19]))

    def parent(self) -> "Process | None":
        """Return the process that started it, or None if either is gone."""
        try:
            return Process.find(int(_fields(self.process)[1])) if self.alive() else None
        except (FileNotFoundError, ProcessLookupError):
            return None

    def alive(self) -> bool:
        """Tell whether it still runs; what is dead but not yet collected by its parent does not."""
        try:
            fields = _fields(self.process)
        except (FileNotFoundError, ProcessLookupError):
            return False
        same = BOOT.read_text().strip() == self.boot and int(fields[19]) == self.started
        return same and fields[0] not in "ZX"

    def kill(self) -> None:
        """End it at once, if it is still the same process."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(self.process)
            try:
                if self.alive():
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def _fields(process: int) -> list[str]:
    """Return what /proc/PID/stat tells from the third field on: state, parent, ... (proc_pid_stat(5))."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def wait(ready: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Return whether something became ready in time."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


@contextlib.contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Keep a second `up`, `down`, `stop` or `start` of the same testbed waiting."""
    handle = _locked(directory)
    try:
        yield
    finally:
        os.close(handle)


def _locked(directory: Path) -> int:
    """Lock a directory, made if need be, and return its handle; whoever waited may find it removed."""
    while True:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            cache.console.print(f"waiting for another command that works on {directory} ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), directory.stat()):
                return handle
        os.close(handle)
