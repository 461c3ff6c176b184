"""The images that the charms name: where the testbed has each from, and the archives to import."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import cache, debian, golang, image, pypi
from testbed.errors import TestbedError
from testbed.golang import Target
from testbed.image import Contents, Layer
from testbed.layouts import Packaged, Real, StandIn
from testbed.paths import REPOSITORY
from testbed.workloads import USERS, WORKLOADS

ROOT_PACKAGES = ("libc6", "busybox-static", "ca-certificates", "iptables")
ROOT_HOOKS = (
    'for name in $("$1"/bin/busybox --list); do [ -e "$1/bin/$name" ] || ln -s busybox "$1/bin/$name"; done',
    'for name in "$1"/usr/sbin/*-nft*; do ln -s "${name##*/}" "$(echo "$name" | sed s/-nft//)"; done',
    'cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1/etc/ssl/certs/ca-certificates.crt"',
    'rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/usr/lib/*/gconv',
)
"""Bare files suffice: a C library, a shell with its tools, the usual certificate authorities, and iptables, with
which Istio's agent bends a pod's traffic to its sidecar."""

PYTHON_PATH = "/usr/local/lib/python3.11/dist-packages"
"""Where Debian's Python looks for packages that are not Debian's."""

DIRECTORIES: Contents = {"/tmp/": (b"", 0o1777), "/etc/": (b"", 0o755)}


@dataclass(frozen=True)
class Row:
    """One line of the table of images.

    Attributes:
        image: the image as the charms name it.
        charms: the charms that name it.
        kind: `real`, `packages` for Debian's alone, or `stand-in`.
        source: what it is made of, with versions; "" for a stand-in.
        pinned: the version that the charms ask for.
        built: the version that the testbed has; "" for a stand-in.
    """

    image: str
    charms: tuple[str, ...]
    kind: str
    source: str
    pinned: str
    built: str

    @property
    def differs(self) -> bool:
        """Whether the testbed runs another version than the charms ask for, or none."""
        return self.built.removeprefix("v") != self.pinned.removeprefix("v")


def repository(name: str) -> str:
    """Return the repository of an image, spelled in full: `istio/pilot:1.28.0` is of `docker.io/istio/pilot`."""
    bare = name.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    bare = head + slash + last.partition(":")[0]
    registry = bare.partition("/")[0]
    if "/" in bare and ("." in registry or ":" in registry or registry == "localhost"):
        return bare
    return f"docker.io/{bare}" if "/" in bare else f"docker.io/library/{bare}"


def version(name: str) -> str:
    """Return the tag of an image, or its digest, or `latest`."""
    bare, _, digest = name.partition("@")
    return digest or bare.rpartition("/")[2].partition(":")[2] or "latest"


def named(root: Path = REPOSITORY) -> dict[str, tuple[str, ...]]:
    """Return the images that the charms below `charms` name, each with the charms that do.

    What a charm hands out by its options (images.yaml) counts if the testbed has something in its place: a stand-in
    would be of no use in a user's pod.

    Raises:
        TestbedError: a charmcraft.yaml or an images.yaml is no YAML.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(root.glob("charms/*/charmcraft.yaml")):
        for source in dict.fromkeys((*_sources(path), *_handed_out(path.with_name("images.yaml")))):
            found[source] = (*found.get(source, ()), path.parent.name)
    return dict(sorted(found.items()))


def all_named() -> dict[str, tuple[str, ...]]:
    """Return what this repository's charms name, and the images of users' pods in tests."""
    return {**named(), **dict.fromkeys(USERS, ("users' pods",))}


def rows(images: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return the table of the given images, which are keys to the charms that name them."""
    return [_row(name, tuple(charms)) for name, charms in images.items()]


def provide(images: Sequence[str]) -> list[Path]:
    """Return a docker archive for each image, under exactly its name, made unless the cache has it.

    Raises:
        TestbedError: an image is pinned by digest, or something it is made of cannot be had.
    """
    return [_archive(name, WORKLOADS.get(repository(name), StandIn())) for name in images]


def _sources(path: Path) -> list[str]:
    resources = (_read(path).get("resources") or {}).values()
    return [resource["upstream-source"] for resource in resources if resource.get("upstream-source")]


def _handed_out(path: Path) -> list[str]:
    given = _read(path).values() if path.exists() else []
    lists = [value.values() if isinstance(value, dict) else value for value in given]
    images = [item for value in lists for item in ([value] if isinstance(value, str) else value)]
    return [item for item in images if repository(item) in WORKLOADS]


def _read(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise TestbedError(f"{path} is no YAML: {error}") from error


def _row(name: str, charms: tuple[str, ...]) -> Row:
    workload = WORKLOADS.get(repository(name))
    if isinstance(workload, Packaged):
        wheels = [f"{wheel.package}@{wheel.version}" for wheel in workload.wheels.values()]
        listed = [f"testbed/python/{workload.python}.txt"] if workload.python else []
        source = ", ".join([f"{workload.packages[0]} of Debian", *wheels, *listed])
        return Row(name, charms, "packages", source, version(name), workload.version)
    if not isinstance(workload, Real):
        return Row(name, charms, "stand-in", "", version(name), "")
    built = golang.required_version(workload.module, workload.source)
    wheels = [f"{wheel.package}@{wheel.version}" for wheel in workload.wheels.values()]
    return Row(name, charms, "real", ", ".join([f"{workload.source}@{built}", *wheels]), version(name), built)


def _archive(name: str, workload: Real | Packaged | StandIn) -> Path:
    if "@" in name:
        raise TestbedError(f"{name} is pinned by digest, which an image made here cannot have: pin a tag")
    if isinstance(workload, StandIn):
        layers, config = _stand_in(name, workload)
    elif isinstance(workload, Packaged):
        layers, config = _packaged(workload)
    else:
        layers, config = _real(workload)
    key = cache.digest([name, json.dumps(config.document()), *_identity(layers)])
    archive = cache.directory() / "images" / f"{repository(name).replace('/', '_')}-{key}.tar"
    if not archive.exists():
        with cache.step(f"making the image {name}"):
            image.write(archive, [name], config, layers)
    return archive


def _real(workload: Real) -> tuple[list[Layer], image.Config]:
    built = golang.build(workload.module, _targets(workload.module))
    contents = {path: (built[Path(path).name], 0o755) for path in workload.programs}
    for path, wheel in workload.wheels.items():
        contents[path] = (pypi.unpack(wheel.package, wheel.version) / wheel.path, 0o755)
    if workload.files:
        source = golang.source(workload.module, workload.source)
        for path, place in workload.files.items():
            contents.update(_files(path, source / place))
    config = image.Config(entrypoint=workload.entrypoint, user=workload.user)
    base: list[Layer] = [] if workload.bare else [root(*workload.packages)]
    return [*base, {**DIRECTORIES, **contents}], config


def _packaged(workload: Packaged) -> tuple[list[Layer], image.Config]:
    made = root(*workload.packages)
    scripts: Contents = {path: (text.encode(), 0o755) for path, text in workload.scripts.items()}
    wheels: Contents = {
        path: (pypi.unpack(wheel.package, wheel.version) / wheel.path, 0o755) for path, wheel in workload.wheels.items()
    }
    python: Contents = dict(_files(PYTHON_PATH, pypi.installed(workload.python))) if workload.python else {}
    config = image.Config(entrypoint=workload.entrypoint, user=workload.user)
    return [made, *([python] if python else []), {**DIRECTORIES, **scripts, **wheels}], config


def root(*more: str) -> Path:
    """Return the small Debian root that is below every image that is not bare.

    Args:
        more: further packages that an image needs.

    Raises:
        TestbedError: mmdebstrap is missing or failed.
    """
    name = more[0] if more else "workloads"
    return debian.root(name, (*ROOT_PACKAGES, *more), hooks=ROOT_HOOKS, variant="extract")


def _stand_in(name: str, workload: StandIn) -> tuple[list[Layer], image.Config]:
    program = golang.build("standin", [Target("stand-in", ".")], modules=Path(__file__).parent)["stand-in"]
    settings = {"image": name, "ports": {str(port): paths for port, paths in sorted(workload.ports.items())}}
    contents: Contents = {
        **DIRECTORIES,
        **{folder: (b"", 0o755) for folder in workload.folders},
        workload.command: (program, 0o755),
        "/etc/stand-in.json": (json.dumps(settings).encode(), 0o644),
    }
    return [root(), contents], image.Config(entrypoint=(workload.command,), user=workload.user)


def _targets(module: str) -> list[Target]:
    """Return all programs of a module, so that images which share one share its build."""
    targets: dict[str, Target] = {}
    for workload in WORKLOADS.values():
        if isinstance(workload, Real) and workload.module == module:
            built = golang.required_version(module, workload.source)
            for path, package in workload.programs.items():
                ldflags = f"-s -w -X {workload.stamp}={built}"
                targets[path] = Target(Path(path).name, package, ldflags=ldflags)
    return [target for _, target in sorted(targets.items())]


def _files(path: str, place: Path) -> Iterator[tuple[str, tuple[Path, int]]]:
    if not place.is_dir():
        yield path, (place, 0o644)
        return
    for file in sorted(place.rglob("*")):
        if file.is_file():
            yield f"{path.rstrip('/')}/{file.relative_to(place)}", (file, 0o644)


def _identity(layers: Sequence[Layer]) -> Iterator[str | bytes]:
    """Name what layers hold; files of the cache and of Go's cache are named by what they were made from."""
    for layer in layers:
        if isinstance(layer, Path):
            yield layer.name
            continue
        for path, (content, mode) in sorted(layer.items()):
            yield f"{path} {mode:o}"
            yield str(content) if isinstance(content, Path) else content
