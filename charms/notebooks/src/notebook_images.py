"""The images of servers that users choose from.

Source of the built-in lists: kubeflow/notebooks v1.11, components/crud-web-apps/jupyter/manifests.
"""

import dataclasses
from collections.abc import Iterable

PUBLISHED = "ghcr.io/kubeflow/kubeflow/notebook-servers"
TAG = "v1.11.0"
JUPYTER = tuple(
    f"{PUBLISHED}/jupyter-{name}:{TAG}"
    for name in ("scipy", "pytorch-full", "pytorch-cuda-full", "tensorflow-full", "tensorflow-cuda-full")
)
VSCODE = (f"{PUBLISHED}/codeserver-python:{TAG}",)
RSTUDIO = (f"{PUBLISHED}/rstudio-tidyverse:{TAG}",)
VIEWER = "docker.io/filebrowser/filebrowser:v2.32.0"
TENSORBOARD = "docker.io/tensorflow/tensorflow:2.5.1"
BUILT_IN = frozenset({*JUPYTER, *VSCODE, *RSTUDIO, VIEWER, TENSORBOARD})


@dataclasses.dataclass(frozen=True)
class Images:
    """The images that the charm hands out.

    Attributes:
        jupyter: those of Jupyter servers, the first one preselected; vscode and rstudio likewise.
        viewer: the image of the file browser for volumes.
        tensorboard: the image of TensorBoards.
    """

    jupyter: tuple[str, ...] = JUPYTER
    vscode: tuple[str, ...] = VSCODE
    rstudio: tuple[str, ...] = RSTUDIO
    viewer: str = VIEWER
    tensorboard: str = TENSORBOARD

    def within(self, registry: str) -> "Images":
        """Return the images as the site's registry has them; see `located`."""
        return Images(
            jupyter=_all(self.jupyter, registry),
            vscode=_all(self.vscode, registry),
            rstudio=_all(self.rstudio, registry),
            viewer=located(self.viewer, registry),
            tensorboard=located(self.tensorboard, registry),
        )


def located(image: str, registry: str) -> str:
    """Return an image under the registry that it comes from.

    Args:
        image: a reference; one that names a registry keeps it, unless it is built in.
        registry: the site's own, perhaps with a path; empty for none.
    """
    if not registry:
        return image
    host, _, path = image.partition("/")
    if not names_registry(image):
        return f"{registry}/{image}"
    return f"{registry}/{path}" if image in BUILT_IN else f"{host}/{path}"


def names_registry(image: str) -> bool:
    """Tell whether an image's first component is a registry, by the rule that container engines use."""
    host, slash, _ = image.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")


def _all(images: Iterable[str], registry: str) -> tuple[str, ...]:
    return tuple(located(image, registry) for image in images)
