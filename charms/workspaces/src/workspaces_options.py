"""The options of workspaces."""

import dataclasses
from collections.abc import Mapping

import workspace_images
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.images import Images

PROGRAMS = ("workspaces-controller", "workspaces-backend", "workspaces-frontend")
"""The containers of charmcraft.yaml."""


def images(value: str | None) -> dict[str, str]:
    """Accept a map of keys of built-in images to images."""
    found = options.pairs(value)
    if unknown := sorted(found.keys() - workspace_images.BUILT_IN.keys()):
        raise ValueError(f"there is no image {unknown[0]!r}, expected some of {', '.join(workspace_images.BUILT_IN)}")
    return {key: options.image(image) for key, image in found.items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class WorkspacesOptions:
    """The options, as charmcraft.yaml describes them."""

    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images)
    built_in_kind: bool = option(bool)
    user_secrets: bool = option(bool)
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    @property
    def images(self) -> Images:
        """The images that pods of users' Workspaces get."""
        return Images(workspace_images.BUILT_IN, self.image_registry, self.custom_images)
