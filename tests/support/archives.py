"""Tiny charms and bundles, as archives."""

import pathlib
import zipfile

METADATA = """\
name: {name}
summary: A tiny charm
description: It does nothing.
containers:
  workload:
    resource: workload-image
resources:
  workload-image:
    type: oci-image
    description: What it runs
    upstream-source: {image}
"""
MANIFEST = "bases: [{name: ubuntu, channel: '24.04', architectures: [amd64]}]\n"
CONFIG = "options:\n  port: {type: int, default: 80, description: Where it listens}\n"
BUNDLE = """\
bundle: kubernetes
applications:
  {name}: {{charm: {name}, channel: latest/stable, scale: 1, trust: true}}
"""
IMAGE = "ghcr.io/dexidp/dex:v2.44.0"


def write(path: pathlib.Path, files: dict[str, str], dispatch_mode: int = 0o755) -> pathlib.Path:
    """Write a zip archive of these files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (dispatch_mode if name == "dispatch" else 0o644) << 16
            archive.writestr(entry, content)
    return path


def charm_files(name: str = "dex-auth", image: str = IMAGE, dispatch: str = "#!/bin/sh\n") -> dict[str, str]:
    """Give what a charm's archive contains, at least."""
    return {
        "metadata.yaml": METADATA.format(name=name, image=image),
        "manifest.yaml": MANIFEST,
        "config.yaml": CONFIG,
        "dispatch": dispatch,
    }


def bundle_files(name: str = "dex-auth") -> dict[str, str]:
    """Give what the archive of a bundle of one charm contains."""
    return {"bundle.yaml": BUNDLE.format(name=name), "README.md": "A bundle.\n"}
