"""Images that the charm hands out: of the proxy in users' pods, and of the program that has a pod of its own.

Source of the names: the releases of knative/serving, whose images are built with ko from these Go packages. The keys
are those of the published charm's option.
"""

import dataclasses
from collections.abc import Mapping

AUTOSCALER, QUEUE_PROXY = "autoscaler", "queue-proxy"
SERVING, TAG = "gcr.io/knative-releases/knative.dev/serving/cmd", "v1.22.1"
BUILT_IN: Mapping[str, str] = {
    AUTOSCALER: f"{SERVING}/autoscaler:{TAG}",
    QUEUE_PROXY: f"{SERVING}/queue:{TAG}",
}
"""The images by key."""


@dataclasses.dataclass(frozen=True)
class Images:
    """The images that are handed out.

    Attributes:
        registry: takes the place of the public one, perhaps with a path; empty for none.
        custom: images by key, which stay as they are.
    """

    registry: str = ""
    custom: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def of(self, key: str) -> str:
        """Return the image of a key of `BUILT_IN`."""
        image = BUILT_IN[key]
        mirrored = f"{self.registry}/{image.partition('/')[2]}" if self.registry else image
        return self.custom.get(key, mirrored)
