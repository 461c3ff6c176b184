"""Juju's programs: client, unit agent and Pebble as any Go program, the controller in a Debian root.

The controller needs libdqlite 1.18.2 or newer, which only Debian sid has. It is linked statically in a root
with sid's packages, so that it runs in an image of any Debian.
"""

import os
import subprocess
import tarfile
from pathlib import Path

from testbed import cache, debian, golang
from testbed.errors import TestbedError
from testbed.golang import BuildError, Target
from testbed.juju_versions import Version

COMMANDS = "github.com/juju/juju/cmd"
TAGS = ("minimal", "provider_kubernetes", "notest")
CONTROLLER_TAGS = (*TAGS, "dqlite", "libsqlite3", "netgo", "osusergo")
LIBRARIES = ("libdqlite-dev", "libsqlite3-dev", "libuv1-dev", "liblz4-dev", "libxxhash-dev")
LINKED = "-ldqlite -luv -llz4 -lxxhash -lsqlite3 -lm -Wl,-z,stack-size=1048576"
"""The stack is what Juju's own static build asks for: threads of musl or static glibc get little."""
ALLOWED = "(-Wl,-wrap,pthread_create)|(-Wl,-z,now)|(-Wl,-z,stack-size=.*)"
"""What cgo may pass to the linker beyond its own list (go-dqlite's documentation)."""
FLAGS = "-s -w -linkmode external -extldflags -static"


def build(version: Version) -> dict[str, Path]:
    """Return Juju's programs by name: juju, jujuc, containeragent, pebble and jujud.

    Raises:
        BuildError: Go refused.
        PackageError: there is no Go.
        TestbedError: the Debian root cannot be made.
    """
    plain = golang.build(
        version.module,
        [
            *(Target(name, f"{COMMANDS}/{name}", tags=TAGS) for name in ("juju", "jujuc", "containeragent")),
            Target("pebble", "github.com/canonical/pebble/cmd/pebble", tags=TAGS),
        ],
    )
    # For tests alone; it is linked of what the others have been compiled to.
    golang.build(version.provider, [Target("provider", ".", tags=TAGS)])
    return {**plain, "jujud": controller(version)}


def controller(version: Version) -> Path:
    """Return the controller program, built in a Debian root unless the cache has it.

    Raises:
        BuildError: Go refused.
        PackageError: there is no Go.
        TestbedError: the Debian root cannot be made.
    """
    go = golang.find()
    number = ".".join(map(str, golang.version(go)))
    environment = {"CGO_LDFLAGS": LINKED, **version.environment}
    targets = [Target("jujud", f"{COMMANDS}/{version.controller}", CONTROLLER_TAGS, FLAGS, environment)]
    content = golang.key(version.module, targets, toolchain=f"{number} {' '.join(LIBRARIES)}")
    final = cache.directory() / "go" / f"jujud-{content}"
    if final.is_dir():
        return final / "jujud"
    archive = debian.root("dqlite", ["gcc", "libc6-dev", *LIBRARIES], suite="sid")
    with cache.new_directory(final) as made:
        folder = golang.MODULES / version.module
        _fetch_sources(go, targets[0], folder)
        with cache.step(f"building jujud of {version.module} with Go {number} in a Debian root"):
            _build_within(archive, made, go, targets[0], folder)
    return final / "jujud"


def _fetch_sources(go: Path, target: Target, folder: Path) -> None:
    """Have Go's module cache hold all that the build needs, because the root has no way out."""
    command = [str(go), "list", "-deps", f"-tags={','.join(target.tags)}", target.package]
    environment = golang.environment(Target("", "", environment={"CGO_ENABLED": "1"}))
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"Go cannot fetch Juju's sources:\n{done.stderr.strip()[-2000:]}")


def _build_within(archive: Path, made: Path, go: Path, target: Target, folder: Path) -> None:
    """Unpack the root beside the result, build in it, and leave only the program.

    The mounts are in a mount namespace of the build's own and end with it.
    """
    root = made / "root"
    with tarfile.open(archive) as tar:
        tar.extractall(root, filter="fully_trusted")
    asked = subprocess.run([go, "env", "GOROOT", "GOMODCACHE", "GOCACHE"], capture_output=True, text=True, check=True)
    goroot, sources, objects = asked.stdout.split()
    environment = {
        "HOME": "/root",
        "PATH": f"{goroot}/bin:/usr/bin:/bin",
        "GOROOT": goroot,
        "GOMODCACHE": sources,
        "GOCACHE": objects,
        "GOFLAGS": "-buildvcs=false -trimpath",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "1",
        "CGO_LDFLAGS_ALLOW": ALLOWED,
        **target.environment,
    }
    script = """
        root=$1; shift
        for folder in "$1" "$2" "$3" "$4"; do mkdir -p "$root$folder"; mount --bind "$folder" "$root$folder"; done
        mount -t proc proc "$root/proc"
        cd "$root" && folder=$4 && shift 4
        exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
    """
    command = target.command(Path(goroot) / "bin" / "go", Path("/jujud"))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-euc", script, "sh", str(root), goroot, sources, objects, str(folder), *command],
        env={**environment, "PATH": f"{environment['PATH']}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"Juju's controller could not be built:\n{done.stderr.strip()[-3000:]}")
    os.replace(root / "jujud", made / "jujud")
    _remove(root)


def _remove(root: Path) -> None:
    done = subprocess.run(["rm", "-rf", "--one-file-system", str(root)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise TestbedError(f"{root} cannot be removed: {done.stderr.strip()}")
