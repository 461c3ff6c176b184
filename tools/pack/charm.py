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

from tools.pack import bytecode, cache, dependencies, metadata, zipped
from tools.pack.repository import PackError, Repository

ENTRY_POINT = "src/charm.py"

DISPATCH = """\
#!/bin/sh
cd "${0%/*}" || exit
case "$JUJU_DISPATCH_PATH" in
hooks/*-relation-joined | hooks/*-relation-departed | hooks/*-storage-attached | hooks/*-storage-detaching) exit ;;
hooks/*-relation-created | hooks/*-pebble-ready | hooks/leader-elected | hooks/config-changed)
    [ -e .started ] || [ -s /var/run/kubeflow-charms/pod ] || exit 0 ;;
esac
PYTHONPATH="$PWD/lib:$PWD/src:$PWD/venv" exec python3 -c \
    'import gc, runpy, sys; gc.disable(); runpy.run_path(sys.argv[1], run_name="__main__")' src/charm.py
"""
"""What Juju runs for every event and action; it tells which in JUJU_DISPATCH_PATH.

It starts no Python for what no charm observes, and in an application's first pod, which has Juju's identity still, for
what comes before start: `Charm` would do nothing then. Python does not look for garbage in a process that ends so soon,
which would take a tenth of the CPU that it starts with. charmcraft knows a charm in Python by the last word.
"""

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Juju's names of the processors that charms are packed for, by the kernel's."""

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
    contents = _contents(repository, charm)
    key = _key(repository, charm, target, contents)
    family = f"{name}-py{target.python}-{target.architecture}"
    archive = store / f"{family}-{key[:20]}.charm"
    with cache.locked(store / family):
        fresh = not archive.exists()
        if fresh:
            with tempfile.TemporaryDirectory(dir=store) as scratch:
                try:
                    _stage(repository, charm, target, contents, pathlib.Path(scratch))
                except PackError as error:
                    raise PackError(f"{name}: {error}") from None
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


def _stage(
    repository: Repository, charm: pathlib.Path, target: Target, contents: dict[str, bytes], root: pathlib.Path
) -> None:
    """Lay out in `root` what the archive will contain.

    Raises:
        PackError: when something for it is missing or wrong.
    """
    if ENTRY_POINT not in contents:
        raise PackError(f"there is no {ENTRY_POINT}")
    made = metadata.split(metadata.load(charm), target.architecture)
    made |= {"dispatch": DISPATCH, "version": f"{_version(charm)}\n"}
    for path, content in (contents | {path: text.encode() for path, text in made.items()}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    wanted = dependencies.roots(repository, charm)
    venv = dependencies.installed(repository, wanted, target.python, target.architecture, cache.folder())
    shutil.copytree(venv, root / "venv")
    python = _compiler(target)
    if python:
        bytecode.compile_imports(root, python)


def _compiler(target: Target) -> str | None:
    """Find what can import the charm here: a Python of the target's version, on the target's architecture."""
    here = ARCHITECTURES.get(os.uname().machine)
    return bytecode.interpreter(target.python) if target.architecture == here else None


def host_architecture() -> str:
    """Give this machine's architecture by Juju's name for it.

    Raises:
        PackError: when charms cannot be packed for it.
    """
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise PackError(f"charms are not packed for {machine}: choose amd64 or arm64 with --architecture")
    return ARCHITECTURES[machine]


def _contents(repository: Repository, charm: pathlib.Path) -> dict[str, bytes]:
    """Read all that goes from this repository into the archive as it is, by its path there."""
    library = repository.library
    found = {path.name: path for path in (*(charm / name for name in ALSO), repository.licence)}
    for root, folder in ((charm, charm / "src"), (library.parent, library / "kubeflow_charms")):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.parts:
                found[path.relative_to(root).as_posix()] = path
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def _version(charm: pathlib.Path) -> str:
    path = charm / "pyproject.toml"
    if not path.is_file():
        return "0"
    return str(tomllib.loads(path.read_text()).get("project", {}).get("version", "0"))


def _key(repository: Repository, charm: pathlib.Path, target: Target, contents: dict[str, bytes]) -> str:
    """Name by content what an archive depends on: charm, library, lock, target and packer."""
    packer = sorted(pathlib.Path(__file__).parent.glob("*.py"))
    projects = [charm / "charmcraft.yaml", charm / "pyproject.toml", repository.library / "pyproject.toml"]
    read = [path.read_bytes() for path in (*packer, *projects, repository.lock) if path.is_file()]
    named = [repr(target).encode(), bytecode.identity(_compiler(target)).encode(), *read]
    named += [part for path, content in contents.items() for part in (path.encode(), content)]
    digest = hashlib.sha256()
    for part in named:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
