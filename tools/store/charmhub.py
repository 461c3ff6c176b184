"""Fetch a charm of another publisher, where Charmhub can be reached, to put it into a store of one's own."""

from __future__ import annotations

import contextlib
import pathlib
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from tools.store.model import StoreError

CHARMHUB = "https://api.charmhub.io"


@contextlib.contextmanager
def fetched(name: str, channel: str, base: str = "") -> Iterator[pathlib.Path]:
    """Download a charm, which is there as long as the context is.

    Args:
        name: as Charmhub has it.
        channel: such as `8.0/stable`.
        base: such as `ubuntu@22.04`; the client's own choice without it.

    Raises:
        StoreError: there is no client, or Charmhub has no such charm; the message has what the client said.
    """
    juju = shutil.which("juju")
    if not juju:
        raise StoreError("there is no `juju` on PATH to ask Charmhub with: sudo snap install juju --channel=3.6/stable")
    with _folder(juju) as folder:
        # A model's own store must not answer in Charmhub's place.
        command = ["juju", "download", name, "--channel", channel, "--charmhub-url", CHARMHUB, "--no-progress"]
        command += ["--base", base] if base else []
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        found = sorted(folder.glob(f"{name}_*.charm"))
        if done.returncode or not found:
            said = (done.stderr or done.stdout).strip() or "it wrote no file"
            raise StoreError(f"`{shlex.join(command)}` failed: {said}")
        yield found[0]


@contextlib.contextmanager
def _folder(juju: str) -> Iterator[pathlib.Path]:
    """Give a folder that the client can write to: as a snap, it sees none of /tmp and of hidden folders."""
    shared = pathlib.Path.home() / "snap/juju/common"
    confined = "/snap/" in str(pathlib.Path(juju).absolute())
    if confined:
        shared.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shared if confined else None, prefix="charmhub-") as folder:
        yield pathlib.Path(folder)
