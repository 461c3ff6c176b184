"""Images that the charm hands out: of the proxy in users' pods, and of the program that has a pod of its own.

Source of the names: the releases of knative/serving, whose images are built with ko from these Go packages. The keys
are those of the published charm's option.
"""

from collections.abc import Mapping

AUTOSCALER, QUEUE_PROXY = "autoscaler", "queue-proxy"
SERVING, TAG = "gcr.io/knative-releases/knative.dev/serving/cmd", "v1.22.1"
BUILT_IN: Mapping[str, str] = {
    AUTOSCALER: f"{SERVING}/autoscaler:{TAG}",
    QUEUE_PROXY: f"{SERVING}/queue:{TAG}",
}
"""The images by key."""
