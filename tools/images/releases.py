"""Which release each component is of, from charms/releases.yaml: one place for what charms and testbed name apart."""

from __future__ import annotations

import typing

import yaml

from tools.pack.repository import PackError, Repository

FILE = "releases.yaml"
KEYS = {"release", "notes", "newer", "images"}


class Release(typing.NamedTuple):
    """What is said of an image.

    Attributes:
        component: that the image belongs to.
        image: with its tag.
        notes: where upstream's release notes are.
        newer: why it is not a newer one.
        testbed: what the testbed has in its place; see the file.
    """

    component: str
    image: str
    notes: str
    newer: str
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
            found[image] = Release(component, image, said["notes"], said["newer"], testbed)
    return found
