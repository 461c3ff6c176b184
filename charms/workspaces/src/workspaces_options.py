"""The options of workspaces."""

import dataclasses
from collections.abc import Mapping

import workspace_images
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.images import Images, images_of

PROGRAMS = ("workspaces-controller", "workspaces-backend", "workspaces-frontend")
"""The containers of charmcraft.yaml."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class WorkspacesOptions:
    """The options, as charmcraft.yaml describes them."""

    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images_of(workspace_images.BUILT_IN))
    built_in_kind: bool = option(bool)
    user_secrets: bool = option(bool)
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    @property
    def images(self) -> Images:
        """The images that pods of users' Workspaces get."""
        return Images(workspace_images.BUILT_IN, self.image_registry, self.custom_images)
