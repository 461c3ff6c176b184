"""The options of knative."""

import dataclasses
import re
from collections.abc import Mapping

import knative_config
import knative_images
from knative_config import Settings
from knative_images import BUILT_IN
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.images import Images, images_of

PROGRAMS = ("knative-controller", "activator", "webhook", "net-istio-controller", "autoscaler")
"""The containers of charmcraft.yaml, and the program with a pod of its own."""
SECONDS = {"h": 3600, "m": 60, "s": 1}
SHORTEST, LONGEST = 6, 3600
"""Seconds over which the autoscaler can count requests: knative/serving, pkg/apis/autoscaling."""


def template(value: str | None) -> str:
    """Accept a template of host names with the Service's name and namespace; Knative checks the rest."""
    text = (value or "").strip()
    if missing := [part for part in ("{{.Name}}", "{{.Namespace}}", "{{.Domain}}") if part not in text]:
        raise ValueError(f"it lacks {missing[0]}, without which two Services would have one name")
    return text


def seconds(text: str) -> int:
    """Return the seconds of a duration as `options.duration` accepts it."""
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"([0-9]+)([hms])", text))


def window(value: str | None) -> str:
    """Accept a duration over which the autoscaler can count."""
    text = options.duration(value)
    if not SHORTEST <= seconds(text) <= LONGEST:
        raise ValueError(f"{text!r} is too short or too long, expected from 6s to 1h")
    return text


def grace(value: str | None) -> str:
    """Accept a duration in which the activator can take a pod's place."""
    text = options.duration(value)
    if seconds(text) < SHORTEST:
        raise ValueError(f"{text!r} is too short, expected at least 6s")
    return text


def resources(value: str | None) -> dict[str, str]:
    """Accept a map of processors, memory and disk to quantities."""
    found = options.pairs(value)
    if unknown := sorted(found.keys() - set(knative_config.LIMITED)):
        raise ValueError(f"{unknown[0]!r} is no resource here, expected some of {', '.join(knative_config.LIMITED)}")
    if empty := next((name for name, amount in found.items() if not options.quantity(amount)), ""):
        raise ValueError(f"{empty} has no amount, expected for example {empty}=1")
    return found


def registries(value: str | None) -> tuple[str, ...]:
    """Accept hosts of registries, perhaps with a port; docker.io has a second name, by which Knative knows it."""
    words = options.words(value)
    found = tuple(map(options.registry, (*words, *(["index.docker.io"] if "docker.io" in words else []))))
    if wrong := next((name for name in found if "/" in name), ""):
        raise ValueError(f"{wrong!r} has a path, expected the registry's host alone, such as registry.site:5000")
    return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class KnativeOptions:
    """The options, as charmcraft.yaml describes them."""

    domain: str = option(options.domain)
    domain_template: str = option(template)
    scale_to_zero: bool = option(bool)
    scale_to_zero_grace_period: str = option(grace)
    stable_window: str = option(window)
    target_concurrency: int = option(options.between(1, 100_000))
    target_burst_capacity: int = option(options.between(-1, 100_000))
    max_scale: int = option(options.between(0, 100_000))
    progress_deadline: str = option(options.duration)
    revision_timeout_seconds: int = option(options.between(1, 3600))
    revision_requests: Mapping[str, str] = option(resources)
    revision_limits: Mapping[str, str] = option(resources)
    queue_proxy_requests: Mapping[str, str] = option(resources)
    queue_proxy_limits: Mapping[str, str] = option(resources)
    registries_skipping_tag_resolving: tuple[str, ...] = option(registries)
    features: tuple[str, ...] = option(options.some_of("feature", *knative_config.FEATURES))
    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images_of(BUILT_IN))
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    @property
    def images(self) -> Images:
        """The images that are handed out."""
        return Images(BUILT_IN, self.image_registry, self.custom_images)

    @property
    def settings(self) -> Settings:
        """What of the options goes into Knative's configuration."""
        mirror = self.image_registry.partition("/")[0]
        return Settings(
            queue_proxy=self.images.of(knative_images.QUEUE_PROXY),
            queue_proxy_requests=self.queue_proxy_requests,
            queue_proxy_limits=self.queue_proxy_limits,
            skipped=tuple(dict.fromkeys((*self.registries_skipping_tag_resolving, *([mirror] if mirror else [])))),
            progress_deadline=self.progress_deadline,
            domain=self.domain,
            domain_template=self.domain_template,
            scale_to_zero=self.scale_to_zero,
            grace_period=self.scale_to_zero_grace_period,
            stable_window=self.stable_window,
            concurrency=self.target_concurrency,
            burst=self.target_burst_capacity,
            max_scale=self.max_scale,
            timeout=self.revision_timeout_seconds,
            requests=self.revision_requests,
            limits=self.revision_limits,
            features=self.features,
        )
