"""A tiny charm, and a bundle of it, as archives."""

import pathlib
import zipfile

import yaml

from tools.pack import charm, metadata

CHARMCRAFT = """\
name: tiny
type: charm
title: Tiny
summary: A tiny charm
description: It does nothing.
links:
  documentation: https://example.com/docs
  contact: someone@example.com
base: ubuntu@24.04
platforms:
  amd64:
  arm64:
parts:
  charm:
    plugin: uv
    source: .
containers:
  workload:
    resource: workload-image
resources:
  workload-image:
    type: oci-image
    description: What it runs
    upstream-source: docker.io/library/busybox:1.37
config:
  options:
    port:
      type: int
      default: 80
      description: Where it listens.
actions:
  show:
    description: Show it.
    additionalProperties: false
"""
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


def charm_files(
    name: str = "dex-auth", image: str = IMAGE, dispatch: str = "#!/bin/sh\n", architecture: str = ""
) -> dict[str, str]:
    """Give what a charm's archive contains, at least."""
    project = {**yaml.safe_load(CHARMCRAFT), "name": name}
    project["resources"]["workload-image"]["upstream-source"] = image
    return {**metadata.split(project, architecture or charm.host_architecture()), "dispatch": dispatch}


def bundle_files(name: str = "dex-auth") -> dict[str, str]:
    """Give what the archive of a bundle of one charm contains."""
    return {"bundle.yaml": BUNDLE.format(name=name), "README.md": "A bundle.\n"}
