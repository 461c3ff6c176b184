"""The options of training-operator."""

import dataclasses

from kubeflow_charms import option
from kubeflow_charms.configuration import gang_scheduling, options


def threads(value: int) -> int:
    """Accept how many jobs of a kind are worked on at once."""
    if not 1 <= value <= 100:
        raise ValueError(f"{value} is no number of threads, expected 1 to 100")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """The options, as charmcraft.yaml describes them."""

    gang_scheduler: str = option(gang_scheduling.scheduler)
    threads: int = option(threads)
    pytorch_init_image: str = option(options.image)
    kubectl_delivery_image: str = option(options.image)
    image_registry: str = option(options.registry)
    allow_outside_profiles: bool = option(bool)
    memory: str = option(options.quantity)
