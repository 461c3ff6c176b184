"""Which release a charm runs, for the column Version of `juju status`: that of the images that it is pinned to."""

import collections
import pathlib
import re
from collections.abc import Mapping
from typing import Any

METADATA = "metadata.yaml"
"""Has the containers with their resources, and the image that each resource is meant to be; packing writes it."""

PYTHON = "/python:"
_RELEASE = re.compile(r"v?(\d[\w.+-]*|RELEASE\.[\w.-]+)")


def workload_version(charm: pathlib.Path) -> str:
    """Return the release that most of a charm's containers have, without a leading v; empty if none says one.

    A plain Python, which runs a program of the charm's own, counts only where there is nothing else. Of several that as
    many have, it is that of the container which is called after the charm.

    Args:
        charm: the charm's folder.
    """
    import yaml

    try:
        metadata: Mapping[str, Any] = yaml.safe_load((charm / METADATA).read_text()) or {}
    except OSError:
        return ""
    resources = metadata.get("resources") or {}
    name = metadata.get("name", "")
    containers = sorted((metadata.get("containers") or {}).items(), key=lambda item: (name not in item[0], item[0]))
    images = [
        (resources.get((container or {}).get("resource")) or {}).get("upstream-source", "")
        for _, container in containers
    ]
    counted = collections.Counter(filter(None, map(_release, [it for it in images if PYTHON not in it] or images)))
    return counted.most_common(1)[0][0] if counted else ""


def _release(image: str) -> str:
    """Return the release that an image's tag names; a digest alone names none."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = _RELEASE.fullmatch(tag)
    return found[1] if found else ""
