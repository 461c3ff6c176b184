"""Charms that do nothing, to measure what Juju itself costs."""

from __future__ import annotations

import pathlib
import zipfile

import yaml

NAME = "bench-empty"
DISPATCH = "#!/bin/sh\nexec status-set active\n"
DISPATCH_NAME = "dispatch"


def names(count: int) -> list[str]:
    """Return the names of so many empty charms, which are those of their applications, too."""
    return [f"{NAME}{number}" for number in range(1, count + 1)]


def write_charm(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Write a charm whose every hook sets the status to active, and nothing else."""
    contents = {
        "metadata.yaml": yaml.safe_dump({"name": name, "summary": "empty", "description": "It does nothing."}),
        "manifest.yaml": yaml.safe_dump(
            {"bases": [{"name": "ubuntu", "channel": "24.04", "architectures": ["amd64", "arm64"]}]}
        ),
        DISPATCH_NAME: DISPATCH,
    }
    path = folder / f"{name}.charm"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in contents.items():
            entry = zipfile.ZipInfo(file)
            entry.external_attr = (0o755 if file == DISPATCH_NAME else 0o644) << 16
            archive.writestr(entry, text)
    return path


def write_bundle(folder: pathlib.Path, count: int) -> pathlib.Path:
    """Write a bundle of so many empty charms."""
    applications = {
        name: {"charm": name, "channel": "latest/stable", "scale": 1, "trust": True} for name in names(count)
    }
    content = {"bundle": "kubernetes", "name": NAME, "applications": applications}
    path = folder / f"{NAME}.bundle"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.yaml", yaml.safe_dump(content))
        archive.writestr("README.md", "# Empty charms\n")
    return path
