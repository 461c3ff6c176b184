"""Read a `.charm` or `.bundle` archive, or say why it is not one."""

from __future__ import annotations

import hashlib
import pathlib
import posixpath
import re
import stat
import typing
import zipfile
import zlib

import yaml

from tools.store.model import Base, Kind, Package, Resource, StoreError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*")
"""Juju's rule for the names of charms."""

UNPACKED_LIMIT = 1 << 30
"""Bytes an archive may unpack to: more is a mistake or an attack."""

Yaml = dict[str, typing.Any]


def kind_of(path: pathlib.Path) -> Kind:
    """Tell a charm from a bundle by the file's ending.

    Raises:
        StoreError: when the ending is neither `.charm` nor `.bundle`.
    """
    if path.suffix == ".charm":
        return "charm"
    if path.suffix == ".bundle":
        return "bundle"
    raise StoreError(f"{path.name}: the name has to end in .charm or .bundle")


def read(path: pathlib.Path, named: str = "") -> Package:
    """Read and check an archive.

    Args:
        path: the archive.
        named: the name it has to contain; without it, what stands before the first `_` in the file's name,
            as in `dex-auth_r12.charm` or `dex-auth_ubuntu-24.04-amd64.charm`.

    Raises:
        StoreError: when the archive is damaged, dangerous to unpack, or not what Juju takes.
    """
    kind = kind_of(path)
    expected = named or path.stem.split("_")[0]
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive)
            package = (_charm if kind == "charm" else _bundle)(path, archive, expected)
    except FileNotFoundError:
        raise StoreError(f"{path} does not exist") from None
    except OSError as error:
        raise StoreError(f"{path.name} cannot be read: {error.strerror}") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise StoreError(f"{path.name} is no sound zip archive: {error}; pack or fetch it again") from None
    except StoreError as error:
        raise StoreError(f"{path.name}: {error}") from None
    if package.name != expected:
        raise StoreError(f"{path.name} contains the {kind} {package.name!r}: name the file {package.name}.{kind}")
    return package


def _check_entries(archive: zipfile.ZipFile) -> None:
    total = 0
    for entry in archive.infolist():
        total += entry.file_size
        target = entry.filename
        if stat.S_ISLNK(entry.external_attr >> 16):
            link = archive.read(entry).decode(errors="replace")
            target = link if link.startswith("/") else posixpath.join(posixpath.dirname(target), link)
        if "\\" in target or target.startswith("/") or posixpath.normpath(target).split("/")[0] == "..":
            raise StoreError(f"the entry {entry.filename!r} leads out of the archive; refused as dangerous")
    if total > UNPACKED_LIMIT:
        raise StoreError(f"it unpacks to {total >> 20} MiB; at most {UNPACKED_LIMIT >> 20} MiB are taken")
    damaged = archive.testzip()
    if damaged:
        raise zipfile.BadZipFile(f"the entry {damaged!r} is damaged")


def _charm(path: pathlib.Path, archive: zipfile.ZipFile, _expected: str) -> Package:
    metadata = _mapping(archive, "metadata.yaml", required=True)
    manifest = _mapping(archive, "manifest.yaml", required=True)
    config = _mapping(archive, "config.yaml")
    _mapping(archive, "actions.yaml")
    if "dispatch" not in archive.namelist():
        raise StoreError("there is no dispatch: Juju could not start this charm")
    dispatch = archive.getinfo("dispatch")
    if not (dispatch.external_attr >> 16) & stat.S_IXUSR:
        raise StoreError("dispatch is not executable: Juju could not start this charm")
    if config and not isinstance(config.get("options"), dict):
        raise StoreError("config.yaml has no mapping `options`")
    return Package(
        kind="charm",
        name=_name(metadata.get("name")),
        summary=str(metadata.get("summary", "")),
        description=str(metadata.get("description", "")),
        version=_text(archive, "version").strip(),
        metadata_yaml=_text(archive, "metadata.yaml"),
        config_yaml=_text(archive, "config.yaml") if config else "{}\n",
        bundle_yaml="",
        bases=_bases(manifest),
        resources=_resources(metadata),
        charms=(),
        **_digests(path),
    )


def _bundle(path: pathlib.Path, archive: zipfile.ZipFile, expected: str) -> Package:
    bundle = _mapping(archive, "bundle.yaml", required=True)
    if "README.md" not in archive.namelist():
        raise StoreError("there is no README.md: Juju takes no bundle without one")
    applications = bundle.get("applications")
    if not isinstance(applications, dict) or not applications:
        raise StoreError("bundle.yaml has no `applications`")
    charms = sorted({str((application or {}).get("charm", "")) for application in applications.values()})
    if "" in charms:
        raise StoreError("bundle.yaml has an application that names no charm")
    return Package(
        kind="bundle",
        name=_name(bundle.get("name", expected)),
        summary=str(bundle.get("summary", "")),
        description=str(bundle.get("description", "")),
        version=_text(archive, "version").strip(),
        metadata_yaml="",
        config_yaml="",
        bundle_yaml=_text(archive, "bundle.yaml"),
        bases=(),
        resources=(),
        charms=tuple(charm.removeprefix("ch:") for charm in charms),
        **_digests(path),
    )


def _digests(path: pathlib.Path) -> dict[str, typing.Any]:
    sha256, sha384, size = hashlib.sha256(), hashlib.sha384(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            size += len(block)
            sha256.update(block)
            sha384.update(block)
    return {"size": size, "sha256": sha256.hexdigest(), "sha384": sha384.hexdigest()}


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode(errors="replace") if name in archive.namelist() else ""


def _mapping(archive: zipfile.ZipFile, name: str, required: bool = False) -> Yaml:
    if name not in archive.namelist():
        if required:
            raise StoreError(f"there is no {name} at the top of the archive")
        return {}
    try:
        content = yaml.safe_load(archive.read(name))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(f"{name} is not valid YAML: {reason}") from None
    if content is None and not required:
        return {}
    if not isinstance(content, dict):
        raise StoreError(f"{name} is not a YAML mapping")
    return content


def _name(name: object) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise StoreError(f"{name!r} is not a name Juju takes: lower-case letters, digits and single hyphens")
    return name


def _bases(manifest: Yaml) -> tuple[Base, ...]:
    try:
        bases = tuple(
            Base(str(base["name"]).lower(), str(base["channel"]).split("/")[0], str(architecture))
            for base in manifest["bases"]
            for architecture in base["architectures"]
        )
    except (KeyError, TypeError):
        raise StoreError("manifest.yaml has no list `bases` of name, channel and architectures") from None
    if not bases:
        raise StoreError("manifest.yaml names no base")
    return bases


def _resources(metadata: Yaml) -> tuple[Resource, ...]:
    declared = metadata.get("resources") or {}
    try:
        return tuple(
            Resource(
                name=str(name),
                kind=str(resource["type"]),
                description=str(resource.get("description", "")),
                filename=str(resource.get("filename", "")),
                image=str(resource.get("upstream-source", "")),
            )
            for name, resource in declared.items()
        )
    except (AttributeError, KeyError, TypeError):
        raise StoreError("metadata.yaml: each of its `resources` needs a `type`") from None
