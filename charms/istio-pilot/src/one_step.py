"""Istio goes one minor release at a time: whether istiod may become what this pod would run.

Juju changes the image and starts the pod anew before the charm is asked. Kubernetes keeps what the pods of a
StatefulSet were before, as ControllerRevisions; by these the charm knows what ran. Source: Istio's page of supported
releases, and k8s.io/kubernetes, pkg/controller/history.
"""

import dataclasses
import json
import pathlib
import re
from collections.abc import Callable, Iterable, Sequence

import istiod
from kubeflow_charms.engine.cluster import Object

BETWEEN = {29: "1.29.7"}
"""Of a minor release that has to come between, the newest that was looked at."""


@dataclasses.dataclass(frozen=True)
class Step:
    """From what ran to what this pod would run.

    Attributes:
        image: what the pod would run; empty where nothing tells.
        ran: the minor release that ran last.
        minor: that of the image.
    """

    image: str = ""
    ran: int = 0
    minor: int = 0

    @property
    def too_far(self) -> bool:
        """Whether a minor release is left out."""
        return self.minor - self.ran > 1

    def refusal(self, app: str) -> str:
        """Return what to type first, and why."""
        return f"run: {self._attach(app, _after(self.ran))}; Istio 1.{self.ran} cannot become 1.{self.minor} at once"

    def rest(self, app: str, release: str) -> str:
        """Return what to type once all is well, where the charm is made for a newer release; else nothing."""
        left = _minor(f":{release}") - self.minor
        if not self.image or left <= 0:
            return ""
        following = release if left == 1 else _after(self.minor)
        return f"Istio 1.{self.minor} on the way to {release}, next run: {self._attach(app, following)}"

    def proxy(self, image: str) -> str:
        """Return the image of sidecars: the given one, or where that is newer than istiod, of istiod's release.

        A proxy may be older than its control plane, never newer.
        """
        if not self.minor or _minor(image) <= self.minor:
            return image
        return f"{_repository(image)}:{self.image.partition('@')[0].rpartition(':')[2]}"

    def _attach(self, app: str, release: str) -> str:
        return f"juju attach-resource {app} oci-image={_repository(self.image)}:{release}"


def find(memory: pathlib.Path, revisions: Callable[[], Iterable[Object]], app: str) -> Step:
    """Return the step.

    Args:
        memory: a file that keeps what was found; the unit's own, and gone with its pod, as the image is.
        revisions: returns the namespace's ControllerRevisions; called once in a pod.
        app: the application.
    """
    if memory.exists():
        return taken(json.loads(memory.read_text()))
    ours = [item for item in revisions() if _owner(item) == ("StatefulSet", app)]
    found = [_image(item) for item in sorted(ours, key=lambda item: item["revision"])]
    memory.write_text(json.dumps(found))
    return taken(found)


def taken(images: Sequence[str]) -> Step:
    """Return the last step of a history of images, oldest first; those that went too far before were refused, too."""
    step = Step()
    for image in images:
        if minor := _minor(image):
            step = Step(image, step.ran if step.too_far else step.minor or minor, minor)
    return step


def _after(minor: int) -> str:
    return BETWEEN.get(minor + 1, f"1.{minor + 1}")


def _repository(image: str) -> str:
    return image.partition("@")[0].rpartition(":")[0]


def _minor(image: str) -> int:
    """Return the minor release that an image's tag names; 0 if none."""
    found = re.search(r":v?1\.([0-9]+)(\.[\w.-]+)?$", image.partition("@")[0])
    return int(found[1]) if found else 0


def _owner(item: Object) -> tuple[str, str]:
    owners = item["metadata"].get("ownerReferences") or [{}]
    return owners[0].get("kind", ""), owners[0].get("name", "")


def _image(item: Object) -> str:
    template = ((item.get("data") or {}).get("spec") or {}).get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or ()
    return next((it.get("image", "") for it in containers if it.get("name") == istiod.PROGRAM.container), "")
