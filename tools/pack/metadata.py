"""Split charmcraft.yaml into the files Juju reads, as charmcraft does it.

charmcraft: `CharmMetadata.from_charm` and `PackageService.write_metadata` of version 4.
"""

from __future__ import annotations

import pathlib
import typing

import yaml

from tools.pack.repository import PackError

Yaml = dict[str, typing.Any]

METADATA_KEYS = (
    "assumes",
    "charm-user",
    "containers",
    "description",
    "devices",
    "extra-bindings",
    "name",
    "peers",
    "provides",
    "requires",
    "resources",
    "storage",
    "subordinate",
    "summary",
    "terms",
)
"""What goes from charmcraft.yaml to metadata.yaml under the same name."""

LINKS = {"documentation": "docs", "contact": "maintainers"}
"""What is renamed on the way from `links`; `issues`, `source` and `website` keep their names."""


def load(charm: pathlib.Path) -> Yaml:
    """Read a charm's charmcraft.yaml.

    Raises:
        PackError: when it is not a YAML mapping that names a charm.
    """
    path = charm / "charmcraft.yaml"
    try:
        project = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path} cannot be read: {error}") from None
    if not isinstance(project, dict) or project.get("type") != "charm" or not project.get("name"):
        raise PackError(f"{path} has to be a mapping with `type: charm` and a `name`")
    if project["name"] != charm.name:
        raise PackError(f"{path} has the name {project['name']!r}, its folder {charm.name!r}")
    return project


def split(project: Yaml, architecture: str) -> dict[str, str]:
    """Give the text of metadata.yaml, manifest.yaml, and config.yaml and actions.yaml where there are any.

    Args:
        project: the content of charmcraft.yaml.
        architecture: what the archive is for, for example `amd64`.

    Raises:
        PackError: when the charm is not for this architecture.
    """
    files = {"metadata.yaml": _metadata(project), "manifest.yaml": _manifest(project, architecture)}
    files |= {f"{key}.yaml": project[key] for key in ("config", "actions") if project.get(key)}
    return {name: yaml.safe_dump(content, sort_keys=True) for name, content in files.items()}


def _metadata(project: Yaml) -> Yaml:
    metadata = {key: project[key] for key in METADATA_KEYS if project.get(key) is not None}
    if project.get("title"):
        metadata["display-name"] = project["title"]
    for key, value in (project.get("links") or {}).items():
        listed = [value] if key == "contact" and isinstance(value, str) else value
        metadata[LINKS.get(key, key)] = listed
    return metadata


def _manifest(project: Yaml, architecture: str) -> Yaml:
    bases = [
        {"name": name, "channel": channel, "architectures": [architecture]}
        for name, channel, built_for in platforms(project)
        if architecture == built_for
    ]
    if not bases:
        raise PackError(f"the `platforms` of {project['name']} have none for {architecture}")
    attributes = [{"name": "language", "result": "python"}, {"name": "framework", "result": "operator"}]
    return {"bases": bases, "analysis": {"attributes": attributes}}


def platforms(project: Yaml) -> list[tuple[str, str, str]]:
    """List a charm's platforms as name, channel and architecture, for example `ubuntu`, `24.04`, `amd64`.

    Reads the short form (`ubuntu@24.04:amd64:`), and `build-for` and a common `base:` of the long one.
    """
    result: list[tuple[str, str, str]] = []
    for label, platform in (project.get("platforms") or {}).items():
        built_for = (platform or {}).get("build-for", label)
        for target in [built_for] if isinstance(built_for, str) else built_for:
            base, _, architecture = target.rpartition(":")
            name, _, channel = (base or project.get("base") or label.rpartition(":")[0]).partition("@")
            result.append((name, channel, architecture))
    return result
