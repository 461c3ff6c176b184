"""The Python packages a charm carries: exactly those of requirements.lock."""

from __future__ import annotations

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import packaging.requirements
import packaging.utils

from tools.pack import symbols
from tools.pack.cache import locked
from tools.pack.repository import PackError, Repository

LIBRARY = "kubeflow-charms"
"""The library's name as a dependency; it comes from lib/, not from an index."""

PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""uv's names of the platforms; glibc 2.28 or newer is on every base that charms run on."""

UNUSED = (
    "bin",
    "cffi",
    "pycparser",
    "ops/_private/harness.py",
    "lightkube/*/*_v?beta?.py",
    "lightkube/*/*_v?alpha?.py",
    "lightkube/*/resource_v1.py",
    "anyio/_backends/_trio.py",
    "h2",
    "hpack",
    "hyperframe",
    "idna/uts46data.py",
    "*/tests",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/sboms",
)
"""What no hook needs. Of cffi, cryptography uses the compiled backend alone, which is a file beside it; the harness of
ops is for tests; no kind is read or written in a beta or an alpha of its version, nor any that shares devices; trio's
loop is never run, HTTP/2 is spoken only where a client is told to, and of idna that table serves those alone who ask
for UTS 46, which no client does."""

UNUSED_ENDINGS = (".pyi", ".pyc", ".c", ".h", ".pyx", ".pxd")

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def roots(repository: Repository, charm: pathlib.Path) -> list[str]:
    """List what a charm and the library ask for, each with the version that requirements.lock has.

    Raises:
        PackError: when the lock lacks one of them.
    """
    known = pins(repository)
    wanted = {str(line): line for line in _declared(charm) + _declared(repository.library)}
    result: set[str] = set()
    for requirement in wanted.values():
        name = packaging.utils.canonicalize_name(requirement.name)
        if name == LIBRARY:
            continue
        if name not in known:
            raise PackError(f"{charm.name} needs {name}, which requirements.lock lacks: export the lock again")
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        result.add(f"{name}{extras}=={known[name]}")
    return sorted(result)


def pins(repository: Repository) -> dict[str, str]:
    """Give each locked package's version.

    Raises:
        PackError: when there is no lock.
    """
    try:
        text = repository.lock.read_text()
    except FileNotFoundError:
        raise PackError(f"{repository.lock} is missing: it names what charms may carry") from None
    return {packaging.utils.canonicalize_name(pin["name"]): pin["version"] for pin in _PIN.finditer(text)}


def _declared(project: pathlib.Path) -> list[packaging.requirements.Requirement]:
    path = project / "pyproject.toml"
    try:
        lines = tomllib.loads(path.read_text())["project"].get("dependencies", [])
        return [packaging.requirements.Requirement(line) for line in lines]
    except FileNotFoundError:
        return []
    except (KeyError, ValueError) as error:
        raise PackError(f"{path} is not a project file: {error}") from None


def installed(
    repository: Repository, wanted: list[str], python: str, architecture: str, cache: pathlib.Path
) -> pathlib.Path:
    """Give a folder with the wanted packages and all they need, for one Python and architecture.

    The folder is shared by all charms that want the same; it must not be changed.

    Args:
        repository: whose lock names versions and hashes.
        wanted: what to install, pinned, as `roots` gives it.
        python: the Python's version, for example `3.12`.
        architecture: `amd64` or `arm64`.
        cache: where such folders are kept.

    Raises:
        PackError: when a package cannot be had, or its hash is not the locked one.
    """
    lock = repository.lock.read_bytes()
    content = "\n".join([*wanted, python, architecture, *UNUSED, *UNUSED_ENDINGS]).encode()
    target = cache / f"dependencies-{hashlib.sha256(content + lock).hexdigest()[:20]}"
    with locked(cache / "dependencies"):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                folder = pathlib.Path(scratch, "venv")
                _install(repository, wanted, python, architecture, folder)
                _prune(folder)
                folder.rename(target)
    return target


def uv() -> str:
    """Find uv, on PATH or beside the running Python.

    Raises:
        PackError: when it is at neither.
    """
    path = shutil.which("uv") or shutil.which("uv", path=pathlib.Path(sys.executable).parent)
    if not path:
        raise PackError("packing needs uv on PATH: `pip install uv` or `snap install astral-uv --classic`")
    return path


def _install(repository: Repository, wanted: list[str], python: str, architecture: str, folder: pathlib.Path) -> None:
    """Install with uv: hashes are checked for what is wanted and for what that needs in turn."""
    command = [uv(), "pip", "install", "--quiet", "--link-mode", "copy", "--target", str(folder)]
    command += ["--python", sys.executable, "--python-version", python]
    command += ["--python-platform", PLATFORMS[architecture], "--only-binary", ":all:"]
    command += ["--require-hashes", "--constraint", str(repository.lock), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
    if done.returncode:
        raise PackError(f"the locked dependencies cannot be installed: {done.stderr.strip()}")


def _prune(folder: pathlib.Path) -> None:
    for pattern in UNUSED:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in folder.rglob("*"):
        if path.suffix in UNUSED_ENDINGS:
            path.unlink()
        elif path.suffix == ".so":
            path.write_bytes(symbols.blank(path.read_bytes()))
