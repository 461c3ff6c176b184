"""How many bytes a site without internet has to carry in: packed charms, and images as registries keep them.

A layer that several images share is counted once, as a registry keeps it once. Source of the sizes: what
`skopeo inspect` says of an image, `LayersData`, for this machine's kind of processor.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping


@dataclasses.dataclass(frozen=True)
class Images:
    """What is known of images.

    Attributes:
        layers: the bytes of each layer, by its digest.
        alone: the bytes of each image.
        unknown: why nothing is known of an image, by its name.
    """

    layers: Mapping[str, int]
    alone: Mapping[str, int]
    unknown: Mapping[str, str]

    @property
    def bytes(self) -> int:
        """All layers, each once."""
        return sum(self.layers.values())


def of_images(names: Iterable[str]) -> Images:
    """Ask registries for the sizes of images, one after the other."""
    program = shutil.which("skopeo")
    layers: dict[str, int] = {}
    alone: dict[str, int] = {}
    unknown: dict[str, str] = {}
    for name in sorted(set(names)):
        if program is None:
            unknown[name] = "skopeo is not installed"
            continue
        found = subprocess.run([program, "inspect", f"docker://{name}"], capture_output=True, text=True, check=False)
        if found.returncode != 0:
            unknown[name] = (found.stderr.strip() or "skopeo says nothing").splitlines()[-1]
            continue
        own = {layer["Digest"]: int(layer["Size"]) for layer in json.loads(found.stdout).get("LayersData") or ()}
        if not own:
            unknown[name] = "this skopeo does not tell sizes, a newer one does"
            continue
        alone[name] = sum(own.values())
        layers |= own
    return Images(layers, alone, unknown)
