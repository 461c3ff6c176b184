"""The options of trainer."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import trainer_runtimes
from kubeflow_charms import option
from kubeflow_charms.configuration import gang_scheduling, options, plain_yaml
from kubeflow_charms.configuration.images import Images, images_of
from trainer_images import BUILT_IN

PROGRAMS = ("trainer-controller", "jobset-controller")
"""The containers of charmcraft.yaml."""
FIELDS = ("framework", "mlPolicy", "podGroupPolicy", "template")
"""What a further runtime may say."""


def extra(value: str | None) -> dict[str, Mapping[str, Any]]:
    """Accept nothing, or a map of names to runtimes."""
    found = plain_yaml.load(value or "") if (value or "").strip() else {}
    if not isinstance(found, dict):
        raise ValueError("expected a map of names to runtimes: {NAME: {framework: torch, template: ...}}")
    return {options.name(name): _runtime(name, fields) for name, fields in found.items()}


def _runtime(name: str, fields: Any) -> Mapping[str, Any]:
    if name in trainer_runtimes.NAMES:
        raise ValueError(f"{name!r} is a built-in runtime, expected another name")
    known = isinstance(fields, dict) and {"framework", "template"} <= fields.keys() <= set(FIELDS)
    if not known or not isinstance(fields["framework"], str):
        raise ValueError(f"the runtime {name!r} lacks something, expected framework, template, mlPolicy")
    jobs = _jobs(fields["template"])
    if not jobs or not all(isinstance(job, dict) and "name" in job and "template" in job for job in jobs):
        raise ValueError(f"the runtime {name!r} has no template.spec.replicatedJobs with name and template")
    return fields


def _jobs(template: Any) -> list[Any]:
    for key in ("spec", "replicatedJobs"):
        template = template.get(key) if isinstance(template, dict) else None
    return template if isinstance(template, list) else []


def threads(value: int) -> int:
    """Accept how many jobs are worked on at once."""
    if not 1 <= value <= 100:
        raise ValueError(f"{value} is no number of threads, expected 1 to 100")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainerOptions:
    """The options, as charmcraft.yaml describes them."""

    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images_of(BUILT_IN))
    runtimes_disabled: tuple[str, ...] = option(options.some_of("runtime", *trainer_runtimes.NAMES))
    extra_runtimes: Mapping[str, Mapping[str, Any]] = option(extra)
    gang_scheduler: str = option(gang_scheduling.scheduler)
    threads: int = option(threads)
    log_level: str = option(options.one_of("debug", "info", "error"))
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    @property
    def images(self) -> Images:
        """The images that pods of users' training jobs get."""
        return Images(BUILT_IN, self.image_registry, self.custom_images)
