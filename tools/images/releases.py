"""Which release each component is of, from charms/releases.yaml: one place for what charms and testbed name apart."""

from __future__ import annotations

import pathlib
import typing

import yaml

from tools.pack.repository import PackError, Repository

FILE = "releases.yaml"
KEYS = {"release", "notes", "newer", "arm64", "images"}
ARM64 = {"every": "yes", "none": "no", "unknown": "unknown"}
"""What an image is said to have, by what its component is."""


class Release(typing.NamedTuple):
    """What is said of an image.

    Attributes:
        component: that the image belongs to.
        image: with its tag.
        notes: where upstream's release notes are.
        newer: why it is not a newer one.
        arm64: whether there is a variant for arm64: yes, no or unknown.
        source: what says so.
        testbed: what the testbed has in its place; see the file.
    """

    component: str
    image: str
    notes: str
    newer: str
    arm64: str
    source: str
    testbed: str


def read(repository: Repository) -> dict[str, Release]:
    """Return what is said of each image, by its name with the tag.

    Raises:
        PackError: the file cannot be read, a component has other keys than these, or two name the same image.
    """
    path = repository.root / repository.folder / FILE
    try:
        content: dict[str, dict[str, typing.Any]] = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path} cannot be read: {error}") from None
    found: dict[str, Release] = {}
    for component, said in content.items():
        if said.keys() != KEYS:
            raise PackError(f"{path}: {component} has to say {', '.join(sorted(KEYS))} and no more")
        for repository_name, testbed in said["images"].items():
            image = f"{repository_name}:{said['release']}"
            if image in found:
                raise PackError(f"{path}: {component} and {found[image].component} both name {image}")
            arm64, source = _arm64(path, component, said["arm64"], repository_name), str(said["arm64"]["source"])
            found[image] = Release(component, image, said["notes"], said["newer"], arm64, source, testbed)
    return found


def _arm64(path: pathlib.Path, component: str, said: typing.Any, name: str) -> str:
    """Return whether an image has a variant for arm64, as its component says of all or of some."""
    try:
        without = said.get("without")
        return ARM64[said["images"]] if without is None else ("no" if name.rpartition("/")[2] in without else "yes")
    except (AttributeError, KeyError, TypeError):
        raise PackError(f"{path}: {component} has to say images or without, and source, of arm64") from None
