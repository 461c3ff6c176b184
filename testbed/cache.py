"""Where the testbed keeps what it can make again, and how it writes there."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console

console = Console(stderr=True, highlight=False, soft_wrap=True)


def directory() -> Path:
    """Return `$TESTBED_CACHE`, or `~/.cache/kubeflow-testbed`; it need not exist yet."""
    chosen = os.environ.get("TESTBED_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "kubeflow-testbed"


def digest(parts: Iterable[str | bytes]) -> str:
    """Return 16 hexadecimal digits that name the content of all parts, in order."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "big") + content)
    return whole.hexdigest()[:16]


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Print a line when a long step starts and one, with the seconds it took, when it is finished."""
    started = time.monotonic()
    console.print(f"{what} ...")
    yield
    console.print(f"{what}: {time.monotonic() - started:.0f} s")


@contextlib.contextmanager
def new_directory(final: Path) -> Iterator[Path]:
    """Give an empty directory that becomes `final` if the block succeeds and is removed if it fails.

    A reader sees all of `final` or nothing. If two programs make the same one, the first stays.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        yield made
        made.chmod(0o755)
        with contextlib.suppress(OSError):
            made.rename(final)
        if not final.is_dir():
            raise FileExistsError(f"{final} is in the way: it should be a directory, so remove it and run again")
    finally:
        shutil.rmtree(made, ignore_errors=True)
