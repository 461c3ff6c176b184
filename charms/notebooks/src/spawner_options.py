"""What the options of the form on which users start servers may be."""

import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from kubeflow_charms.configuration import options, plain_yaml

FIELDS = {
    "image-pull-policy": "imagePullPolicy",
    "cpu": "cpu",
    "memory": "memory",
    "gpus": "gpus",
    "affinity": "affinityConfig",
    "tolerations": "tolerationGroup",
    "shared-memory": "shm",
    "configurations": "configurations",
}
"""The form's own names of the fields that can be kept from users. The volumes are not among them: the page sends these
always, and then refuses its own form."""

LABEL = r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"


class Vendor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A kind of GPU: the resource that a pod asks for, and what users read."""

    limits_key: str
    ui_name: str


class Affinity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A rule for the choice of a node: its key, what users read, and a pod's affinity."""

    config_key: str
    display_name: str
    affinity: dict[Literal["nodeAffinity", "podAffinity", "podAntiAffinity"], dict[str, Any]]

    @property
    def key(self) -> str:
        """What a default names it by."""
        return self.config_key


class Toleration(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A toleration of a pod, as Kubernetes has it."""

    key: str = ""
    operator: Literal["", "Equal", "Exists"] = ""
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    toleration_seconds: int | None = None


class TolerationGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Tolerations that users choose together: the group's key, what users read, and the tolerations."""

    group_key: str
    display_name: str
    tolerations: tuple[Toleration, ...]

    @property
    def key(self) -> str:
        """What a default names it by."""
        return self.group_key


class DataVolume(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further volume of a server: where it is mounted, and its size or the claim that is there already."""

    mount: str
    size: str = ""
    claim: str = ""


def images(built_in: tuple[str, ...]) -> Callable[[str | None], tuple[str, ...]]:
    """Make a parser for a list of images, of which nothing stands for those that are built in."""
    example = "a YAML list of images such as [jupyter-site:1, docker.io/me/mine:2], or [] for none"

    def parse(value: str | None) -> tuple[str, ...]:
        if not (value or "").strip():
            return built_in
        return tuple(options.image(item if isinstance(item, str) else "") for item in listed(value, example))

    return parse


def structs(kind: type[Any], example: str) -> Callable[[str | None], tuple[Any, ...]]:
    """Make a parser for a YAML or JSON list of structs.

    Args:
        kind: of them.
        example: of one item, for the message.
    """
    expected = f"a YAML list such as [{example}]"

    def parse(value: str | None) -> tuple[Any, ...]:
        found: list[Any] = []
        for number, item in enumerate(listed(value, expected), 1):
            try:
                found.append(plain_yaml.struct(item, kind))
            except msgspec.ValidationError as error:
                raise ValueError(f"item {number}: {error}, expected for example {example}") from error
        return tuple(found)

    return parse


def labels(value: str | None) -> tuple[str, ...]:
    """Accept a YAML or JSON list of labels' keys, as PodDefaults select pods by them."""
    expected = 'a YAML or JSON list of labels such as ["access-ml-pipeline"]'
    found = listed(value, expected)
    for item in found:
        if not isinstance(item, str) or not re.fullmatch(LABEL, item):
            raise ValueError(f"{item!r} is no label, expected {expected}")
    return tuple(found)


def listed(value: str | None, expected: str) -> list[Any]:
    """Return the items of a YAML or JSON list; JSON is tried first, as YAML's reader is slower to load."""
    text = (value or "").strip()
    if not text:
        return []
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        try:
            found = plain_yaml.load(text)
        except ValueError as error:
            raise ValueError(f"no YAML, expected {expected}") from error
    if not isinstance(found, list):
        raise ValueError(f"no list, expected {expected}")
    return found


def read_only(value: str | None) -> frozenset[str]:
    """Accept names of the form's fields, separated by commas; returned as the form calls them."""
    unknown = [word for word in options.words(value) if word not in FIELDS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no field, expected any of {', '.join(FIELDS)}")
    return frozenset(FIELDS[word] for word in options.words(value))


def processors(value: str | None) -> str:
    """Accept a number of processors above 0, which the form reads as a plain number."""
    text = (value or "").strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or not float(text):
        raise ValueError(f"{text!r} is no number of processors, expected for example 0.5 or 4")
    return text


def gibibytes(value: str | None) -> str:
    """Accept an amount of memory above 0 in Gi, the only unit that the form knows."""
    text = (value or "").strip()
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?Gi", text) or not float(text[:-2]):
        raise ValueError(f"{text!r} is no amount of memory in Gi, expected for example 0.5Gi or 4Gi")
    return text


def size(value: str | None) -> str:
    """Accept the size of a volume in Gi, or 0 for none."""
    return "" if (value or "").strip() == "0" else gibibytes(value)


def factor(value: str | None) -> str:
    """Accept a number from 1, or none."""
    text = (value or "").strip()
    if text == "none" or (re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) and float(text) >= 1):
        return text
    raise ValueError(f"{text!r} is no factor, expected a number from 1 such as 1.2, or none for no limit")


def optional(parse: Callable[[str | None], str]) -> Callable[[str | None], str]:
    """Make a parser that accepts nothing, too."""
    return lambda value: parse(value) if (value or "").strip() else ""


def number_of_gpus(value: int) -> int:
    """Accept a number of GPUs that the form offers."""
    if value not in (0, 1, 2, 4, 8):
        raise ValueError(f"{value} is not offered, expected 0, 1, 2, 4 or 8")
    return value


def resource(value: str | None) -> str:
    """Accept nothing, or the name of a resource with its vendor's domain."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[a-z0-9.-]+/[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError(f"{text!r} is no resource, expected for example nvidia.com/gpu")
    return text


def volumes(value: str | None) -> tuple[DataVolume, ...]:
    """Accept a list of volumes with an absolute path and either a size or a claim."""
    example = "{mount: /home/jovyan/data, size: 20Gi}"
    found: tuple[DataVolume, ...] = structs(DataVolume, example)(value)
    for number, item in enumerate(found, 1):
        if not item.mount.startswith("/"):
            raise ValueError(f"item {number} is mounted at {item.mount!r}, expected a path from /, as in {example}")
        if bool(item.size) == bool(item.claim):
            raise ValueError(f"item {number} needs either a size or a claim, expected for example {example}")
        if item.size:
            gibibytes(item.size)
        else:
            options.name(item.claim)
    return found


def minutes(value: int) -> int:
    """Accept a number of minutes from 1."""
    if value < 1:
        raise ValueError(f"{value} is no number of minutes, expected 1 or more")
    return value


def minutes_or_never(value: int) -> int:
    """Accept a number of minutes, or 0 for never."""
    return value and minutes(value)


def domain(value: str | None) -> str:
    """Accept a DNS domain."""
    text = (value or "").strip()
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", text):
        raise ValueError(f"{text!r} is no domain, expected for example cluster.local")
    return text
