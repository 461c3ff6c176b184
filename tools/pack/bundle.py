"""Pack a bundle: its bundle.yaml and README.md in a zip archive."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
import time
import typing

import yaml

from tools.pack import zipped
from tools.pack.charm import Packed
from tools.pack.repository import PackError, Repository


def pack(repository: Repository, name: str, output: pathlib.Path) -> Packed:
    """Pack a bundle.

    Returns:
        The archive `output/<name>.bundle`.

    Raises:
        PackError: when the bundle is missing or no bundle.
    """
    started = time.monotonic()
    folder = repository.bundle(name)
    content = load(folder)
    if content.get("name", name) != name:
        raise PackError(f"{folder}/bundle.yaml names the bundle {content['name']!r}, its folder {name!r}")
    output.mkdir(parents=True, exist_ok=True)
    archive = output / f"{name}.bundle"
    with tempfile.TemporaryDirectory() as scratch:
        for file in ("bundle.yaml", "README.md"):
            if not (folder / file).is_file():
                raise PackError(f"{folder} has no {file}: Juju takes no bundle without one")
            shutil.copyfile(folder / file, pathlib.Path(scratch, file))
        zipped.write(archive, pathlib.Path(scratch))
    return Packed(name, archive, archive.stat().st_size, time.monotonic() - started)


def load(folder: pathlib.Path) -> dict[str, typing.Any]:
    """Read a bundle's bundle.yaml.

    Raises:
        PackError: when it is not a mapping with `applications`.
    """
    path = folder / "bundle.yaml"
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("applications"), dict):
        raise PackError(f"{path} has to be a mapping with `applications`")
    return content
