"""Images that a charm hands out to pods of users, or runs beside its own: those of the release, or an operator's."""

import dataclasses
from collections.abc import Callable, Collection, Mapping

from . import options


def moved(image: str, registry: str) -> str:
    """Return an image in an operator's registry, if there is one and the image's own is public."""
    host, _, path = image.partition("/")
    return f"{registry}/{path}" if registry and host in ("docker.io", "gcr.io", "ghcr.io", "quay.io") else image


def images_of(built_in: Collection[str]) -> Callable[[str | None], dict[str, str]]:
    """Make a parser that accepts a map of keys of built-in images to other images."""

    def parse(value: str | None) -> dict[str, str]:
        found = options.pairs(value)
        if unknown := sorted(found.keys() - set(built_in)):
            raise ValueError(f"there is no image {unknown[0]!r}, expected some of {', '.join(built_in)}")
        return {key: options.image(image) for key, image in found.items()}

    return parse


@dataclasses.dataclass(frozen=True)
class Images:
    """The images that a charm hands out.

    Attributes:
        built_in: those of the release by key, each with its public registry.
        registry: takes the place of the public ones, perhaps with a path; empty for none.
        custom: images by key, which stay as they are.
    """

    built_in: Mapping[str, str]
    registry: str = ""
    custom: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def of(self, key: str) -> str:
        """Return the image of a key of `built_in`."""
        image = self.built_in[key]
        mirrored = f"{self.registry}/{image.partition('/')[2]}" if self.registry else image
        return self.custom.get(key, mirrored)
