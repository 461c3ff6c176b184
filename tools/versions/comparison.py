"""Compare the images of a model's pods with those that charms are pinned to."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping

from tools.pack import metadata
from tools.pack.repository import Repository

APPLICATION = "app.kubernetes.io/name"
"""Juju's label of an application's pods."""
CHARM = "charm"
"""The container that runs the charm itself, in Juju's image."""
Object = dict[str, typing.Any]


class Row(typing.NamedTuple):
    """What one container of an application runs.

    Attributes:
        application: as Juju calls it.
        container: as charmcraft.yaml calls it.
        runs: the tag of its image, or its digest.
        expected: the tag that the charm here is pinned to; empty if it has no such container.
    """

    application: str
    container: str
    runs: str
    expected: str

    @property
    def differs(self) -> bool:
        """Whether something else runs than this repository's charm would."""
        return self.runs != self.expected


def expected(repository: Repository, charms: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the image of each container of these charms, by charm and container; charms from elsewhere are left out.

    Raises:
        PackError: a charm cannot be read.
    """
    return dict(_pinned(repository, set(charms) & set(repository.charms)))


def rows(pods: Iterable[Object], charms: Mapping[str, str], images: Mapping[tuple[str, str], str]) -> list[Row]:
    """Return what runs, by application and container, each difference once.

    Args:
        pods: of the model, as Kubernetes tells of them.
        charms: the charm of each application.
        images: of `expected`.
    """
    known = {charm for charm, _ in images}
    found: set[Row] = set()
    for pod in pods:
        application = (pod["metadata"].get("labels") or {}).get(APPLICATION, "")
        charm = charms.get(application, "")
        for container in pod["spec"]["containers"] if charm in known else ():
            if container["name"] != CHARM:
                pinned = tag(images.get((charm, container["name"]), ""))
                found.add(Row(application, container["name"], tag(container["image"]), pinned))
    return sorted(found)


def tag(image: str) -> str:
    """Return what tells releases of an image apart, whatever registry it is from: its tag, or else its digest."""
    name, _, digest = image.partition("@")
    return name.rpartition("/")[2].partition(":")[2] or digest


def _pinned(repository: Repository, charms: Iterable[str]) -> Iterator[tuple[tuple[str, str], str]]:
    for charm in charms:
        content = metadata.load(repository.charm(charm))
        resources = content.get("resources") or {}
        for container, fields in (content.get("containers") or {}).items():
            image = (resources.get((fields or {}).get("resource")) or {}).get("upstream-source", "")
            yield (charm, container), image
