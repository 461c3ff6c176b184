"""The options of argo-controller."""

import dataclasses
import re

from kubeflow_charms import option
from kubeflow_charms.configuration import options, store_options

NEVER = "Never"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = 2**31 - 1
"""Argo keeps a time in 32 bits."""


def key_format(value: str | None) -> str:
    """Accept where a step's files are: a path that tells pods from each other."""
    text = (value or "").strip().strip("/")
    if "{{pod.name}}" not in text.replace(" ", ""):
        raise ValueError("two steps would share one place, expected a path with {{pod.name}} in it")
    if text.count("{{") != text.count("}}"):
        raise ValueError("a variable is not closed, expected variables such as {{workflow.name}}")
    return text


def duration(value: str | None) -> int | None:
    """Accept nothing, or a time such as 30m, 12h or 7d; return seconds."""
    text = (value or "").strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]+)([smhd])", text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not found or seconds > LONGEST:
        raise ValueError(f"{text!r} is no time, expected for example 30m, 12h or 7d")
    return seconds


def count(value: int) -> int:
    """Accept a number of workflows, or 0 for no limit."""
    if value < 0:
        raise ValueError(f"{value} is no number of workflows, expected 0 for no limit, or more")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class ArgoOptions:
    """The options, as charmcraft.yaml describes them; times in seconds."""

    bucket: str = option(store_options.bucket)
    key_format: str = option(key_format)
    executor_image: str = option(options.image)
    image_registry: str = option(options.registry)
    archive_logs: bool = option(bool)
    parallelism: int = option(count)
    namespace_parallelism: int = option(count)
    ttl_after_completion: int | None = option(duration)
    ttl_after_success: int | None = option(duration)
    ttl_after_failure: int | None = option(duration)
    keep_succeeded: int = option(count)
    keep_failed: int = option(count)
    keep_errored: int = option(count)
    pod_gc: str = option(
        options.one_of("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess", NEVER)
    )
    artifact_gc: str = option(options.one_of("OnWorkflowCompletion", "OnWorkflowDeletion", NEVER))
    allow_outside_profiles: bool = option(bool)
    memory: str = option(options.quantity)
