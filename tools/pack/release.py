"""Pack a charm with charmcraft, as Charmhub wants it, on machines that have charmcraft.

charmcraft sees one charm's folder only, so library and locked dependencies are laid into a copy of it.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import yaml

from tools.pack import dependencies, metadata
from tools.pack.charm import Packed, deliver
from tools.pack.repository import PackError, Repository

ANALYSIS = """
analysis:
  ignore:
    linters: [ops-main-call]
"""
"""Keeps charmcraft from looking for a call of ops.main in src/charm.py: the library makes that call."""

INSTALL = "install it with `sudo snap install charmcraft --classic`, or leave out --release"


def pack(repository: Repository, name: str, output: pathlib.Path, forge: str = "") -> list[Packed]:
    """Pack a charm for all its platforms with charmcraft.

    Args:
        repository: where it is.
        name: the charm's.
        output: where the archives go.
        forge: the URL at which this repository is published, for the links to its source and issues; empty for none.

    Returns:
        The archives, named as charmcraft names them.

    Raises:
        PackError: when charmcraft is missing or fails.
    """
    charmcraft = shutil.which("charmcraft")
    if not charmcraft:
        raise PackError(f"--release needs charmcraft 4, which is not on PATH: {INSTALL}")
    started = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as scratch:
        folder, made = pathlib.Path(scratch, name), pathlib.Path(scratch, "made")
        stage(repository, name, folder, forge)
        lock = subprocess.run([dependencies.uv(), "lock", "--quiet", "--project", str(folder)], check=False)
        command = [charmcraft, "pack", "--project-dir", str(folder), "--output", str(made)]
        if lock.returncode or subprocess.run(command, check=False).returncode:
            raise PackError(f"charmcraft could not pack {name}; its own output above says why")
        archives = [deliver(path, output / path.name) for path in sorted(made.glob("*.charm"))]
    seconds = time.monotonic() - started
    return [Packed(name, path, path.stat().st_size, seconds) for path in archives]


def stage(repository: Repository, name: str, folder: pathlib.Path, forge: str = "") -> None:
    """Copy a charm with the library in its lib/, all its dependencies pinned in its pyproject.toml, and its links.

    Raises:
        PackError: when the charm is missing or wrong.
    """
    charm = repository.charm(name)
    project = metadata.load(charm)
    ignored = shutil.ignore_patterns("__pycache__", "tests", ".*")
    shutil.copytree(charm, folder, ignore=ignored)
    if forge:
        links = {**(project.get("links") or {}), "source": [forge], "issues": [f"{forge.rstrip('/')}/issues"]}
        (folder / "charmcraft.yaml").write_text(yaml.safe_dump({**project, "links": links}, sort_keys=False))
    if "analysis" not in project:
        with (folder / "charmcraft.yaml").open("a") as file:
            file.write(ANALYSIS)
    library = "kubeflow_charms"
    shutil.copytree(repository.library / library, folder / "lib" / library, ignore=ignored)
    if repository.licence.is_file():
        shutil.copyfile(repository.licence, folder / "LICENSE")
    pins = dependencies.pins(repository)
    constraints = [f"{package}=={version}" for package, version in sorted(pins.items())]
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "0"\nrequires-python = ">=3.11,<3.13"\n'
        f"dependencies = {json.dumps(dependencies.roots(repository, charm))}\n\n"
        f"[tool.uv]\npackage = false\nconstraint-dependencies = {json.dumps(constraints)}\n"
    )
