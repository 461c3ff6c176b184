"""Pack one charm."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import shutil
import tempfile
import time
import tomllib
import typing

from tools.pack import bytecode, cache, dependencies, metadata, zipped
from tools.pack.repository import PackError, Repository

ENTRY_POINT = "src/charm.py"

DISPATCH = f"""\
#!/bin/sh
cd "${{0%/*}}" || exit
PYTHONPATH="$PWD/lib:$PWD/src:$PWD/venv" exec python3 {ENTRY_POINT}
"""
"""What Juju runs for every event and action; it tells which in JUJU_DISPATCH_PATH."""

EXECUTABLE = frozenset({"dispatch", ENTRY_POINT})

ALSO = ("icon.svg", "README.md")
"""What of a charm's folder goes into the archive beside src/."""

KEPT = 4
"""How many archives of a charm stay in the cache."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What a charm is packed for: a Python, for example `3.12`, and an architecture, for example `amd64`."""

    python: str
    architecture: str


@dataclasses.dataclass(frozen=True)
class Packed:
    """A packed charm or bundle; `seconds` is 0 when it came from the cache."""

    name: str
    path: pathlib.Path
    size: int
    seconds: float


def pack(repository: Repository, name: str, target: Target, output: pathlib.Path) -> Packed:
    """Pack a charm, or take the archive from the cache if nothing that goes into it has changed.

    Returns:
        The archive `output/<name>.charm`.

    Raises:
        PackError: when the charm cannot be packed; the message says why.
    """
    charm = repository.charm(name)
    started = time.monotonic()
    store = cache.folder()
    key = _key(repository, charm, target)
    family = f"{name}-py{target.python}-{target.architecture}"
    archive = store / f"{family}-{key[:20]}.charm"
    with cache.locked(store / family):
        fresh = not archive.exists()
        if fresh:
            with tempfile.TemporaryDirectory(dir=store) as scratch:
                try:
                    stage(repository, charm, target, pathlib.Path(scratch), store)
                except PackError as error:
                    raise PackError(f"{name}: {error}") from None
                if _key(repository, charm, target) != key:
                    raise PackError(f"{name}: its files changed while it was packed; pack it again")
                zipped.write(archive, pathlib.Path(scratch), EXECUTABLE)
        os.utime(archive)
        cache.keep_newest(store, f"{family}-*.charm", KEPT)
    result = deliver(archive, output / f"{name}.charm")
    return Packed(name, result, result.stat().st_size, time.monotonic() - started if fresh else 0)


def deliver(archive: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    """Copy an archive to where it is wanted, so that it is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(archive, part)
    part.replace(target)
    return target


def stage(repository: Repository, charm: pathlib.Path, target: Target, root: pathlib.Path, store: pathlib.Path) -> None:
    """Lay out in `root` what the archive will contain.

    Raises:
        PackError: when something for it is missing or wrong.
    """
    project = metadata.load(charm)
    if not (charm / ENTRY_POINT).is_file():
        raise PackError(f"there is no {ENTRY_POINT}")
    for path, source in _sources(repository, charm):
        copy = root / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    for path, text in metadata.split(project, target.architecture).items():
        (root / path).write_text(text)
    (root / "dispatch").write_text(DISPATCH)
    (root / "version").write_text(f"{_version(charm)}\n")
    wanted = dependencies.roots(repository, charm)
    venv = dependencies.installed(repository, wanted, target.python, target.architecture, store)
    shutil.copytree(venv, root / "venv")
    python = _compiler(target)
    if python:
        bytecode.compile_imports(root, python)


def _compiler(target: Target) -> str | None:
    """Find what can import the charm here: a Python of the target's version, on the target's architecture."""
    return bytecode.interpreter(target.python) if target.architecture == host_architecture() else None


def host_architecture() -> str:
    """Give this machine's architecture by Juju's name for it.

    Raises:
        PackError: when charms cannot be packed for it.
    """
    machine = os.uname().machine
    known = {"x86_64": "amd64", "aarch64": "arm64"}
    if machine not in known:
        raise PackError(f"charms are packed for {' and '.join(known.values())}, not for {machine}: use --architecture")
    return known[machine]


def _sources(repository: Repository, charm: pathlib.Path) -> typing.Iterator[tuple[pathlib.PurePath, pathlib.Path]]:
    """Pair each path in the archive with the file in this repository that it comes from."""
    library = repository.library
    for root, folder in ((charm, charm / "src"), (library.parent, library / "kubeflow_charms")):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root), path
    for path in (*(charm / name for name in ALSO), repository.licence):
        if path.is_file():
            yield pathlib.PurePath(path.name), path


def _version(charm: pathlib.Path) -> str:
    path = charm / "pyproject.toml"
    if not path.is_file():
        return "0"
    return str(tomllib.loads(path.read_text()).get("project", {}).get("version", "0"))


def _key(repository: Repository, charm: pathlib.Path, target: Target) -> str:
    """Name what goes into an archive by content: charm, library, lock, target and packer."""
    digest = hashlib.sha256(repr(target).encode())
    digest.update(bytecode.identity(_compiler(target)).encode())
    packer = sorted(pathlib.Path(__file__).parent.glob("*.py"))
    projects = [charm / "charmcraft.yaml", charm / "pyproject.toml", repository.library / "pyproject.toml"]
    named = [(source.name, source) for source in (*packer, *projects, repository.lock) if source.is_file()]
    named += [(str(path), source) for path, source in _sources(repository, charm)]
    for path, source in named:
        digest.update(f"\0{path}\0{source.stat().st_size}\0".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()
