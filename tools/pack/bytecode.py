"""Compile what a charm's hooks import, so that no first hook of a pod has to.

Python keeps what it compiles, but each new pod starts from the archive: without compiled code the first hook
of a pod takes twice the CPU (measured on amd64 with Python 3.11 for dex-auth: 0.25 s instead of 0.13 s for what
it always imports, and 0.5 s instead of 0.2 s with Kubernetes' client and templates). Only what is imported
somewhere is compiled: the rest would make the archive a fifth larger for nothing.
"""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys

from tools.pack import dependencies
from tools.pack.repository import PackError

SEARCH_PATH = ("lib", "src", "venv")
"""Where a charm's code is imported from, in this order; `dispatch` says the same."""

PROGRAM = """
import ast, contextlib, importlib, pathlib, py_compile, sys
root, *parts = map(pathlib.Path, sys.argv[1:])
sys.path[:0] = [str(root / part) for part in parts]

def loaded(*folders):
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    return [name for name in sorted(files) if name.endswith(".py") and name.startswith(folders)]

importlib.import_module("charm")
later = set()
for path in loaded(*(f"{root / part}/" for part in ("lib", "src"))):
    for node in ast.walk(ast.parse(pathlib.Path(path).read_bytes())):
        if isinstance(node, ast.Import):
            later |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            later |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
for name in sorted(later):
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
for path in loaded(f"{root}/"):
    py_compile.compile(
        path,
        dfile=str(pathlib.Path(path).relative_to(root)),
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""
"""Run by the target's Python: import the charm, which has to work, and what its modules import later, within
functions; then compile each module of the archive that this loaded."""


@functools.cache
def interpreter(version: str) -> str | None:
    """Find a Python of this version, for example `3.12`; the running one if it is.

    Raises:
        PackError: when there is no uv to look for it.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [dependencies.uv(), "python", "find", "--quiet", "--no-project", "--no-python-downloads", version]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def identity(python: str | None) -> str:
    """Tell an interpreter's exact build: another one may compile to other bytes."""
    if not python:
        return ""
    command = [python, "-c", "import sys; print(sys.version)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def compile_imports(root: pathlib.Path, python: str) -> None:
    """Compile, beside each, the modules below `root` that the charm imports when it starts.

    Raises:
        PackError: when the charm cannot be imported.
    """
    command = [python, "-B", "-S", "-W", "ignore", "-c", PROGRAM, str(root), *SEARCH_PATH]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PYTHONHASHSEED"] = "0"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=root)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
        raise PackError(f"src/charm.py cannot be imported by Python in the packed charm: {reason}")
