"""Entries of Katib's configuration that an operator writes, checked before Katib has them.

Katib reads all entries whenever it needs one: a value of a wrong type in any, and no experiment would begin any more. A
field that it does not know, it passes over without a word. Source of the fields and defaults: kubeflow/katib v0.19.0,
pkg/apis/config/v1beta1; the fields of containers, claims and resources are Kubernetes' own.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import katib_config
import msgspec
from katib_config import ASKED, SECTIONS, Entry, Settings
from kubeflow_charms.configuration import options
from lightkube.models.core_v1 import Container, PersistentVolumeClaimSpec, ResourceRequirements
from lightkube.utils.quantity import parse_quantity

EXPECTED = "expected for example {suggestions: [{algorithmName: random, image: IMAGE}]}"
HOST_PATHS = "persistentVolumeSpec"
"""Volumes that Katib would make of folders of nodes; it has no right to."""
PORT, PORT_NAME = 6789, "suggestion-api"
"""What Katib itself adds to an algorithm's container."""
LIMITS = {"cpu": "500m", "memory": "100Mi", "ephemeral-storage": "5Gi"}
"""What a container may use that neither the charm nor an operator limits."""
PULL_POLICY = options.one_of("Always", "IfNotPresent", "Never")
WORDS = {"str": "text", "int": "a number", "float": "a number", "bool": "true or false"}
WORDS |= {"array": "a list", "object": "a mapping", "null": "nothing"}
"""What JSON's types are to whoever writes YAML."""


class Suggestion(Container, kw_only=True, rename="camel"):
    """An algorithm: a container, and its account and volume."""

    algorithm_name: str
    name: str = ""
    service_account_name: str | None = None
    volume_mount_path: str | None = None
    persistent_volume_claim_spec: PersistentVolumeClaimSpec | None = None
    persistent_volume_spec: Any = None


class EarlyStopping(msgspec.Struct, kw_only=True, rename="camel"):
    """An algorithm that ends trials early, in the pod of another."""

    algorithm_name: str
    image: str | None = None
    image_pull_policy: str | None = None
    resources: ResourceRequirements | None = None


class Collector(msgspec.Struct, kw_only=True, rename="camel"):
    """What collects numbers, in the pod of a trial."""

    kind: str
    image: str | None = None
    image_pull_policy: str | None = None
    resources: ResourceRequirements | None = None
    wait_all_processes: bool | None = None


class Document(msgspec.Struct, rename="camel"):
    """All entries."""

    suggestions: tuple[Suggestion, ...] = ()
    early_stoppings: tuple[EarlyStopping, ...] = ()
    metrics_collectors: tuple[Collector, ...] = ()


def read(document: Any) -> dict[str, dict[str, Entry]]:
    """Return the entries of a document by section and name, each with the fields that it sets.

    Args:
        document: in the form of the configuration's part `runtime`.

    Raises:
        ValueError: it is not in that form, names an entry twice, adds one without an image, or has what Katib or
            Kubernetes would not take.
    """
    if not isinstance(document, dict) or not document.keys() <= SECTIONS.keys():
        raise ValueError(f"it has other parts than {', '.join(SECTIONS)}, {EXPECTED}")
    try:
        typed = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise ValueError(f"{_in_words(str(error))}, {EXPECTED}") from error
    _known(document, typed, "")
    return {section: _section(section, document[section]) for section in document}


def fit(settings: Settings) -> None:
    """Check that no pod asks for more than it may use, as Kubernetes would never make it.

    Raises:
        ValueError: one whose entry an operator has written does.
    """
    runtime = katib_config.runtime(settings)
    for section, written in settings.entries.sections.items():
        effective = {item[SECTIONS[section]]: item.get("resources") or {} for item in runtime[section]}
        for position, name in enumerate(written):
            for resource, asked in ASKED.items():
                request, limit = (
                    _amount((effective[name].get(part) or {}).get(resource) or 0) or _amount(default)
                    for part, default in (("requests", asked), ("limits", LIMITS[resource]))
                )
                if 0 < limit < request:
                    raise ValueError(
                        f"option katib-config: {section}[{position}] asks for more {resource} than its limit, "
                        f"by default {asked}; raise it or lower the request"
                    )


def _section(section: str, listed: list[Entry]) -> dict[str, Entry]:
    key, found = SECTIONS[section], dict[str, Entry]()
    for position, entry in enumerate(listed):
        place, name = f"{section}[{position}]", entry[key]
        if not name or name in found:
            raise ValueError(f"{place} has an empty {key} or one that is there already, expected each once")
        if HOST_PATHS in entry:
            raise ValueError(f"{place} has {HOST_PATHS}, expected persistentVolumeClaimSpec with a storage class")
        if name not in katib_config.names(section) and not entry.get("image"):
            raise ValueError(f"{place} is none of Katib's own, expected an image with it")
        if any(port["containerPort"] == PORT or port.get("name") == PORT_NAME for port in entry.get("ports") or ()):
            raise ValueError(f"{place} has the port {PORT} or {PORT_NAME}, expected others: Katib adds it")
        try:
            options.image(entry.get("image") or "none")
            PULL_POLICY(entry.get("imagePullPolicy") or "Always")
            for amount in _amounts(entry):
                _amount(amount)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
        # A field without a value is Katib's own.
        found[name] = {field: value for field, value in entry.items() if value is not None}
    return found


def _known(given: Any, typed: Any, place: str) -> None:
    """Raise ValueError for a field that nobody reads."""
    if isinstance(typed, msgspec.Struct):
        fields = dict(zip(typed.__struct_encode_fields__, typed.__struct_fields__, strict=True))
        if given.keys() - fields.keys():
            raise ValueError(f"{place[1:]} has an unknown field, expected some of {', '.join(sorted(fields))}")
        for key, value in given.items():
            _known(value, getattr(typed, fields[key]), f"{place}.{key}")
    elif isinstance(typed, list | tuple):
        for position, (item, other) in enumerate(zip(given, typed, strict=True)):
            _known(item, other, f"{place}[{position}]")


def _amounts(entry: Entry) -> Iterator[Any]:
    for holder in (entry, entry.get("persistentVolumeClaimSpec") or {}):
        resources = holder.get("resources") or {}
        for part in ("limits", "requests"):
            yield from (resources.get(part) or {}).values()


def _amount(value: Any) -> Decimal:
    """Return a quantity of Kubernetes, which may be a plain number; to Katib one below nought stands for none."""
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return parse_quantity(str(value)) or Decimal(0)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is no quantity, expected for example 256Mi or 500m")


def _in_words(message: str) -> str:
    """Return what msgspec says with the place first, and with types as YAML has them."""
    what, _, where = message.partition(" - at `$")
    said = re.sub(r"`([^`]+)`", lambda found: _types(found[1]), what)
    said = said.replace("Object missing required field", "lacks")
    return f"{where.strip('.`') or 'it'}: {said[:1].lower()}{said[1:]}"


def _types(text: str) -> str:
    kinds = [kind for kind in text.split(" | ") if kind != "null"] or ["null"]
    return " or ".join(WORDS.get(kind, kind) for kind in kinds)
