"""The options of serving."""

import dataclasses
import re
from collections.abc import Mapping

import serving_config
import serving_runtimes
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.images import Images, images_of
from serving_images import BUILT_IN

PROGRAMS = ("kserve-controller", "model-routes", "models-web-app")
"""The containers of charmcraft.yaml."""
LIMITED = ("cpu", "memory")
RUNTIMES = [runtime.name for runtime in serving_runtimes.RUNTIMES]
AUTO = ""
"""The mode that the relation with Knative decides."""
MODES = {
    "auto": AUTO,
    "standard": serving_config.STANDARD,
    "rawdeployment": serving_config.STANDARD,
    "knative": serving_config.KNATIVE,
    "serverless": serving_config.KNATIVE,
}
"""What the option may say; the published charm has both names of each."""
GPU = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


def resources(value: str | None) -> dict[str, str]:
    """Accept a map of processors and memory to quantities."""
    found = options.pairs(value)
    if unknown := sorted(found.keys() - set(LIMITED)):
        raise ValueError(f"{unknown[0]!r} is no resource here, expected some of {', '.join(LIMITED)}")
    return {name: _some(options.quantity(amount), name) for name, amount in found.items()}


def both(value: str | None) -> dict[str, str]:
    """Accept a map that has processors and memory; KServe would start no pod of a model without."""
    found = resources(value)
    if missing := [name for name in LIMITED if name not in found]:
        raise ValueError(f"it does not say how much {missing[0]}, expected for example cpu=1,memory=1Gi")
    return found


def gpus(value: str | None) -> tuple[str, ...]:
    """Accept names of resources."""
    found = options.words(value)
    for name in found:
        if not GPU.fullmatch(name):
            raise ValueError(f"{name!r} is no resource, expected for example nvidia.com/mig-1g.5gb")
    return found


def mode(value: str | None) -> str:
    """Accept `auto`, or a mode by one of its names, today's or KServe's up to 0.15, and return the latter."""
    try:
        return MODES[(value or "").strip().lower()]
    except KeyError:
        raise ValueError(f"{value!r} is no mode, expected auto, Standard or Knative") from None


def namespace(value: str | None) -> str:
    """Accept nothing, or a namespace's name."""
    return options.name(value) if (value or "").strip() else ""


def _some(amount: str, name: str) -> str:
    if not amount:
        raise ValueError(f"{name} has no amount, expected for example {name}=1")
    return amount


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServingOptions:
    """The options, as charmcraft.yaml describes them."""

    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images_of(BUILT_IN))
    runtimes_disabled: tuple[str, ...] = option(options.some_of("runtime", *RUNTIMES))
    model_requests: Mapping[str, str] = option(resources)
    model_limits: Mapping[str, str] = option(resources)
    storage_initializer_limits: Mapping[str, str] = option(both)
    gpu_resources: tuple[str, ...] = option(gpus)
    domain: str = option(options.domain)
    deployment_mode: str = option(mode)
    max_replicas: int = option(options.between(0, 10_000))
    monitoring_namespace: str = option(namespace)
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    def mode(self, *, related: bool) -> str:
        """Return the mode of models that say none.

        Args:
            related: whether Knative is.
        """
        return self.deployment_mode or (serving_config.KNATIVE if related else serving_config.STANDARD)

    @property
    def images(self) -> Images:
        """The images that pods of users' models get."""
        return Images(BUILT_IN, self.image_registry, self.custom_images)
