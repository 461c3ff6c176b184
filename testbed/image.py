"""Container images as docker archives, the same byte for byte whenever the content is the same.

The archive is what `docker save` writes and `ctr images import` reads: manifest.json, one configuration and
the layers as tar files.
"""

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

Contents = Mapping[str, tuple[bytes | Path, int]]
"""Files of a layer by their path in the image: the bytes or the file to read them from, and the mode.

A path that ends in `/` is a directory and its bytes are not looked at.
"""

Layer = Path | Contents
"""A tar file, or the files themselves."""

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Config:
    """What a container of the image runs when nothing else is said."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: {"PATH": SEARCH_PATH})
    user: str = ""
    directory: str = "/"

    def document(self) -> dict[str, object]:
        """Return it as the image specification spells it."""
        return {
            "Entrypoint": list(self.entrypoint) or None,
            "Cmd": list(self.command) or None,
            "Env": [f"{name}={value}" for name, value in sorted(self.environment.items())],
            "User": self.user,
            "WorkingDir": self.directory,
        }


def architecture() -> str:
    """Return the name that images have for this machine's processor."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def write(archive: Path, names: Sequence[str], config: Config, layers: Sequence[Layer]) -> None:
    """Write one image under all its names; the archive appears only when it is complete.

    Raises:
        ValueError: no name, or a name without a tag.
        OSError: a layer cannot be read or the archive cannot be written.
    """
    if not names:
        raise ValueError("an image needs at least one name")
    for name in names:
        if ":" not in name.rsplit("/", 1)[-1]:
            raise ValueError(f"{name}: an image's name needs a tag, for example {name}:latest")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{archive.name}.", dir=archive.parent) as work:
        tars = [
            layer if isinstance(layer, Path) else pack(Path(work) / f"{number}.tar", layer)
            for number, layer in enumerate(layers)
        ]
        unfinished = Path(work) / "image.tar"
        _write(unfinished, names, config, tars)
        unfinished.rename(archive)


def pack(target: Path, contents: Contents) -> Path:
    """Write files as a layer, owned by root, with every parent directory, and return its path."""
    modes = {_relative(path): mode for path, (_, mode) in contents.items()}
    directories = {str(parent) for path in modes for parent in PurePosixPath(path).parents if str(parent) != "."}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted({*directories, *(_relative(path) for path in contents if path.endswith("/"))}):
            entry = tarfile.TarInfo(path)
            entry.type, entry.mode = tarfile.DIRTYPE, modes.get(path, 0o755)
            tar.addfile(entry)
        for path, (content, mode) in sorted(contents.items()):
            if not path.endswith("/"):
                _add(tar, _relative(path), content, mode)
    return target


def _write(archive: Path, names: Sequence[str], config: Config, layers: Sequence[Path]) -> None:
    digests = [_digest(layer) for layer in layers]
    document = {
        "architecture": architecture(),
        "os": "linux",
        "config": config.document(),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
    }
    configuration = json.dumps(document, sort_keys=True).encode()
    name = f"{hashlib.sha256(configuration).hexdigest()}.json"
    paths = [f"{digest}/layer.tar" for digest in digests]
    manifest = [{"Config": name, "RepoTags": list(names), "Layers": paths}]
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, name, configuration, 0o644)
        for path, layer in dict(zip(paths, layers, strict=True)).items():
            _add(tar, path, layer, 0o644)
        _add(tar, "manifest.json", json.dumps(manifest, sort_keys=True).encode(), 0o644)


def _add(tar: tarfile.TarFile, path: str, content: bytes | Path, mode: int) -> None:
    entry = tarfile.TarInfo(path)
    entry.mode = mode
    with _open(content) as stream:
        entry.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        tar.addfile(entry, stream)


def _open(content: bytes | Path) -> IO[bytes]:
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def _relative(path: str) -> str:
    return path.strip("/")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
