"""The options of katib."""

import dataclasses
import datetime
import re
from collections.abc import Mapping
from typing import Any

import katib_config
from katib_config import Entries, Settings
from katib_images import BUILT_IN
from kubeflow_charms import option
from kubeflow_charms.configuration import options, plain_yaml
from kubeflow_charms.configuration.images import Images, images_of
from trial_kinds import Kind

PROGRAMS = ("katib-controller", "katib-db-manager", "katib-ui")
"""The containers of charmcraft.yaml."""
RESUME_POLICIES = ("Never", "LongRunning", "FromVolume")


def entries(value: str | None) -> Entries:
    """Accept nothing, or entries of Katib's configuration."""
    if not (value or "").strip():
        return Entries()
    import katib_entries

    return Entries(katib_entries.read(plain_yaml.load(value or "")))


def limits(value: str | None) -> dict[str, str]:
    """Accept a map of processors, memory and disk to quantities."""
    found = options.pairs(value)
    if unknown := sorted(found.keys() - katib_config.ASKED.keys()):
        raise ValueError(f"{unknown[0]!r} is not limited, expected some of {', '.join(katib_config.ASKED)}")
    return {name: _enough(options.quantity(amount), name) for name, amount in found.items()}


def kinds(value: str | None) -> tuple[Kind, ...]:
    """Accept kinds as `Kind.version.group`, with spaces or commas between."""
    return tuple(Kind.parse(word) for word in options.words(value))


def templates(value: str | None) -> dict[str, str]:
    """Accept nothing, or a map of names to templates, each the YAML text of an object."""
    expected = "expected a map of names to objects as text, such as {mine.yaml: 'apiVersion: batch/v1 ...'}"
    found = plain_yaml.load(value or "") if (value or "").strip() else {}
    if not isinstance(found, dict):
        raise ValueError(expected)
    for name, text in found.items():
        if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", name):
            raise ValueError(f"{name!r} is no name of a template, expected letters, digits, dots and hyphens")
        template: Any = plain_yaml.load(text) if isinstance(text, str) else None
        if not isinstance(template, dict) or not {"apiVersion", "kind", "spec"} <= template.keys():
            raise ValueError(f"the template {name!r} is no object with apiVersion, kind and spec, {expected}")
    return found


def timeout(value: str | None) -> str:
    """Accept a duration that is long enough for the database manager to look once: it does so every five seconds."""
    text = options.duration(value)
    if re.fullmatch(r"[1-9]s", text):
        raise ValueError(f"{text!r} is too short for a look, expected at least 10s")
    return text


def storage_class(value: str | None) -> str:
    """Accept nothing, or the name of a storage class."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", text):
        raise ValueError(f"{text!r} is no storage class, expected small letters, digits, dots and hyphens")
    return text


def _enough(amount: str, name: str) -> str:
    from lightkube.utils.quantity import parse_quantity

    if not amount:
        raise ValueError(f"{name} has no amount, expected for example {name}=1")
    least = katib_config.ASKED[name]
    if (parse_quantity(amount) or 0) < (parse_quantity(least) or 0):
        raise ValueError(f"{name}={amount} is less than Katib asks for, expected at least {name}={least}")
    return amount


@dataclasses.dataclass(frozen=True, kw_only=True)
class KatibOptions:
    """The options, as charmcraft.yaml describes them."""

    image_registry: str = option(options.registry)
    custom_images: Mapping[str, str] = option(images_of(BUILT_IN))
    katib_config: Entries = option(entries)
    suggestion_limits: Mapping[str, str] = option(limits)
    collector_limits: Mapping[str, str] = option(limits)
    trial_resources: tuple[Kind, ...] = option(kinds)
    trial_templates: Mapping[str, str] = option(templates)
    volume_access_mode: str = option(options.one_of("ReadWriteOnce", "ReadWriteMany"))
    volume_class: str = option(storage_class)
    resume_policy: str = option(options.one_of(*RESUME_POLICIES))
    experiment_ttl: datetime.timedelta | None = option(options.age)
    database_timeout: str = option(timeout)
    memory: Mapping[str, str] = option(options.memory_of(*PROGRAMS))

    def __post_init__(self) -> None:
        """Refuse entries of Katib's configuration of which no pod could be made."""
        if self.katib_config.sections:
            import katib_entries

            katib_entries.fit(self.settings)

    @property
    def images(self) -> Images:
        """The images that pods of users' experiments get."""
        return Images(BUILT_IN, self.image_registry, self.custom_images)

    @property
    def settings(self) -> Settings:
        """What is decided of the pods of experiments."""
        return Settings(
            images=self.images,
            suggestion_limits=self.suggestion_limits,
            collector_limits=self.collector_limits,
            access_mode=self.volume_access_mode,
            volume_class=self.volume_class,
            entries=self.katib_config,
        )

    @property
    def experiment_defaults(self) -> dict[str, str]:
        """What Kubernetes puts into experiments that leave it out, before Katib sees them; none for its own default."""
        return {} if self.resume_policy == RESUME_POLICIES[0] else {"Experiment.spec.resumePolicy": self.resume_policy}
