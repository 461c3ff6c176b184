"""The images of model servers, and of what runs beside them, in the pods of users' models.

Source of programs and tags: kserve/kserve v0.15.2, config/runtimes and config/configmap. The keys are those of the
published charm's option.
"""

from collections.abc import Mapping

from kubeflow_charms.configuration.images import Images

KSERVE, TAG = "docker.io/kserve", "v0.15.2"
AGENT, BATCHER, LOGGER, ROUTER = (f"configmap__{name}" for name in ("agent", "batcher", "logger", "router"))
STORAGE, EXPLAINER = "configmap__storageInitializer", "configmap__explainers__art"
RUNTIME = "serving_runtimes__"

BUILT_IN: Mapping[str, str] = {
    AGENT: f"{KSERVE}/agent:{TAG}",
    BATCHER: f"{KSERVE}/agent:{TAG}",
    LOGGER: f"{KSERVE}/agent:{TAG}",
    ROUTER: f"{KSERVE}/router:{TAG}",
    STORAGE: f"{KSERVE}/storage-initializer:{TAG}",
    EXPLAINER: f"{KSERVE}/art-explainer:{TAG}",
    f"{RUNTIME}huggingfaceserver": f"{KSERVE}/huggingfaceserver:{TAG}",
    f"{RUNTIME}kserve_mlserver": "docker.io/seldonio/mlserver:1.7.1",
    f"{RUNTIME}lgbserver": f"{KSERVE}/lgbserver:{TAG}",
    f"{RUNTIME}paddleserver": f"{KSERVE}/paddleserver:{TAG}",
    f"{RUNTIME}pmmlserver": f"{KSERVE}/pmmlserver:{TAG}",
    f"{RUNTIME}sklearnserver": f"{KSERVE}/sklearnserver:{TAG}",
    f"{RUNTIME}tensorflow_serving": "docker.io/tensorflow/serving:2.6.2",
    f"{RUNTIME}tritonserver": "nvcr.io/nvidia/tritonserver:23.05-py3",
    f"{RUNTIME}xgbserver": f"{KSERVE}/xgbserver:{TAG}",
}
"""The images by key."""


def split(images: Images, key: str) -> tuple[str, str]:
    """Return the image of a key and its tag, for what wants them apart; an image by digest has no tag."""
    image = images.of(key)
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag and "@" not in image else (image, "")
