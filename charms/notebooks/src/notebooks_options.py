"""The options of notebooks."""

import dataclasses
from collections.abc import Iterable

import spawner_options as form
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from notebook_images import JUPYTER, RSTUDIO, VSCODE, Images

VENDOR = '{"limitsKey": "example.com/gpu", "uiName": "Example"}'
AFFINITY = "{configKey: gpu, displayName: GPU nodes, affinity: {nodeAffinity: {...}}}"
TOLERATIONS = "{groupKey: gpu, displayName: GPU nodes, tolerations: [{key: gpu, operator: Exists}]}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotebooksOptions:
    """The options, as charmcraft.yaml describes them."""

    jupyter_images: tuple[str, ...] = option(form.images(JUPYTER))
    vscode_images: tuple[str, ...] = option(form.images(VSCODE))
    rstudio_images: tuple[str, ...] = option(form.images(RSTUDIO))
    image_registry: str = option(options.registry)
    allow_custom_image: bool = option(bool)
    hide_registry: bool = option(bool)
    hide_tag: bool = option(bool)
    image_pull_policy: str = option(options.one_of("Always", "IfNotPresent", "Never"))
    cpu_default: str = option(form.processors)
    cpu_limit_factor: str = option(form.factor)
    cpu_max: str = option(form.optional(form.processors))
    memory_default: str = option(form.gibibytes)
    memory_limit_factor: str = option(form.factor)
    memory_max: str = option(form.optional(form.gibibytes))
    workspace_size: str = option(form.size)
    data_volumes: tuple[form.DataVolume, ...] = option(form.volumes)
    storage_class: str = option(form.optional(options.name))
    volume_size_max: str = option(form.optional(form.gibibytes))
    gpu_vendors: tuple[form.Vendor, ...] = option(form.structs(form.Vendor, VENDOR))
    gpu_vendors_default: str = option(form.resource)
    gpu_number_default: int = option(form.number_of_gpus)
    affinity_options: tuple[form.Affinity, ...] = option(form.structs(form.Affinity, AFFINITY))
    affinity_options_default: str = option(str)
    tolerations_options: tuple[form.TolerationGroup, ...] = option(form.structs(form.TolerationGroup, TOLERATIONS))
    tolerations_options_default: str = option(str)
    default_poddefaults: tuple[str, ...] = option(form.labels)
    shared_memory: bool = option(bool)
    read_only_fields: frozenset[str] = option(form.read_only)
    enable_culling: bool = option(bool)
    cull_idle_time: int = option(form.minutes)
    cull_others_time: int = option(form.minutes_or_never)
    idleness_check_period: int = option(form.minutes)
    volume_viewer_image: str = option(options.image)
    tensorboard_image: str = option(options.image)
    rwo_pvc_scheduling: bool = option(bool)
    secure_cookies: str = option(options.one_of("auto", "true", "false"))
    cluster_domain: str = option(form.optional(form.domain))
    memory: str = option(options.quantity)

    def __post_init__(self) -> None:
        """Refuse options that contradict each other."""
        _require_known("affinity-options", self.affinity_options_default, self.affinity_options)
        _require_known("tolerations-options", self.tolerations_options_default, self.tolerations_options)
        _require_within("cpu", self.cpu_default, self.cpu_limit_factor, self.cpu_max)
        _require_within("memory", self.memory_default, self.memory_limit_factor, self.memory_max)
        sizes = {"workspace-size": [self.workspace_size], "data-volumes": [item.size for item in self.data_volumes]}
        for name, given in sizes.items():
            for size in given:
                if size and self.volume_size_max and _number(size) > _number(self.volume_size_max):
                    raise ValueError(f"option {name}: {size} is above volume-size-max {self.volume_size_max}")
        if self.idleness_check_period > self.cull_idle_time:
            raise ValueError(
                f"option idleness-check-period: {self.idleness_check_period} is above cull-idle-time, expected at most "
                f"{self.cull_idle_time}"
            )

        if 0 < self.cull_others_time < self.cull_idle_time:
            raise ValueError(
                f"option cull-others-time: {self.cull_others_time} is below cull-idle-time, expected 0 or at least "
                f"{self.cull_idle_time}"
            )

    @property
    def images(self) -> Images:
        """The images to hand out, as the site's registry has them."""
        return Images(
            jupyter=self.jupyter_images,
            vscode=self.vscode_images,
            rstudio=self.rstudio_images,
            viewer=self.volume_viewer_image,
            tensorboard=self.tensorboard_image,
        ).within(self.image_registry)

    @property
    def most(self) -> dict[str, str]:
        """The most that a server may have, by resource."""
        return {name: value for name, value in (("cpu", self.cpu_max), ("memory", self.memory_max)) if value}


def _require_known(option_name: str, default: str, items: Iterable[form.Affinity | form.TolerationGroup]) -> None:
    keys = [item.key for item in items]
    if len(set(keys)) < len(keys):
        raise ValueError(f"option {option_name}: two items have the same key, expected each once")
    if default and default not in keys:
        known = ", ".join(keys) or f"an item of {option_name}, which has none"
        raise ValueError(f"option {option_name}-default: {default!r} is unknown, expected {known}")


def _require_within(resource: str, default: str, factor: str, most: str) -> None:
    """Refuse defaults that the most would forbid: nobody could start what the form preselects."""
    if most and factor == "none":
        raise ValueError(
            f"option {resource}-limit-factor: none is no limit, expected a number as {resource}-max is set"
        )
    if most and round(_number(default) * float(factor), 1) > _number(most):
        raise ValueError(
            f"option {resource}-max: {most} is below the preselected limit, {resource}-default times "
            f"{resource}-limit-factor"
        )


def _number(amount: str) -> float:
    return float(amount.removesuffix("Gi"))
