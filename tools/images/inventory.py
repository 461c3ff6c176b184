"""Collect images from the charms of this repository.

A charm names its images in two places: the `upstream-source` of each OCI resource in charmcraft.yaml, and, for
images that it hands out through its options (to notebooks, training jobs or model servers), in images.yaml:

    notebook-images:                                 the option
      - docker.io/kubeflownotebookswg/jupyter:v1.10  a list, one image, or names with images
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing

import yaml

from tools.pack import bundle, metadata
from tools.pack.repository import PackError, Repository

IMAGES = "images.yaml"


@dataclasses.dataclass(frozen=True, order=True)
class Image:
    """An image, and who needs it: the charm, and its resource or the option it is handed out through."""

    image: str
    charm: str
    kind: typing.Literal["resource", "option"]
    name: str


class Inventory(typing.NamedTuple):
    """All images found, sorted, and the names of the charms that this repository does not have."""

    images: list[Image]
    foreign: list[str]


def of_bundle(repository: Repository, name: str) -> Inventory:
    """Collect what a bundle's applications need; resources that the bundle sets itself count as set.

    Raises:
        PackError: when the bundle, or a charm of it, cannot be read.
    """
    found: set[Image] = set()
    foreign: set[str] = set()
    applications: dict[str, dict[str, typing.Any]] = bundle.load(repository.bundle(name))["applications"]
    for application in applications.values():
        charm = str(application.get("charm", "")).removeprefix("ch:")
        if charm not in repository.charms:
            foreign.add(charm)
            continue
        replaced = application.get("resources") or {}
        for image in of_charm(repository, charm):
            override = replaced.get(image.name) if image.kind == "resource" else None
            found.add(dataclasses.replace(image, image=override) if isinstance(override, str) else image)
    return Inventory(sorted(found), sorted(foreign))


def of_all(repository: Repository) -> Inventory:
    """Collect what all charms of the repository need.

    Raises:
        PackError: when a charm cannot be read.
    """
    return Inventory(sorted({image for name in repository.charms for image in of_charm(repository, name)}), [])


def of_charm(repository: Repository, name: str) -> list[Image]:
    """Collect what one charm needs.

    Raises:
        PackError: when an OCI resource names no upstream-source, or images.yaml is not as described above.
    """
    charm = repository.charm(name)
    images: list[Image] = []
    for resource, content in (metadata.load(charm).get("resources") or {}).items():
        if content.get("type") == "oci-image":
            if not content.get("upstream-source"):
                raise PackError(f"{charm}/charmcraft.yaml: the resource {resource} has no upstream-source")
            images.append(Image(content["upstream-source"], name, "resource", resource))
    for option, listed in _options(charm / IMAGES).items():
        images += [Image(image, name, "option", option) for image in _references(listed, charm, option)]
    return images


def _options(path: pathlib.Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise PackError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise PackError(f"{path} has to be a mapping of options and their images")
    return content


def _references(listed: object, charm: pathlib.Path, option: str) -> list[str]:
    if isinstance(listed, str) and listed:
        return [listed]
    if isinstance(listed, dict):
        listed = list(listed.values())
    if isinstance(listed, list):
        return [image for item in listed for image in _references(item, charm, option)]
    raise PackError(f"{charm / IMAGES}: {option} has to be an image, a list of images, or names with images")
