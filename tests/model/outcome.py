"""What a model has come to, with everything that no two deployments share taken out."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubeflow_charms.engine.ownership import CHARM
from kubeflow_charms.engine.record import ANNOTATION, MARKS

from .kubernetes import Key, Object
from .world import World

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
VOLATILE = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
)
ASSIGNED = ("clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "uid")
PATTERNS = (
    (re.compile(r"\beyJ[-\w]+\.[-\w]+\.[-\w]+"), "TOKEN"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b([0-9a-f]{32}|[0-9a-f]{64})\b"), "DIGEST"),
    (re.compile(r"secret:[0-9a-z]{20}|secret://[-0-9a-f]+/[0-9a-z]{20}"), "SECRET"),
    (re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----(\\n|\n)?", re.DOTALL), r"<\1>"),
    (re.compile(r"\b10\.(1\.0|111\.0)\.\d+\b"), "ADDRESS"),
)
SHORTEST = 12
"""Secrets' values that are shorter are words, not passwords."""

PLAIN = re.compile(r"[0-9.:+TZ-]+|.*\s.*")
"""Addresses, dates and sentences."""

Outcome = dict[str, Any]


def outcome(world: World) -> Outcome:
    """Return what a model has come to, as a flat mapping: no two runs of the same bundle should differ in it.

    Args:
        world: the model, deployed.
    """
    found: Outcome = {}
    for key, item in made(world).items():
        told = _object(item)
        if key[0] == CRDS:  # Their thousands of fields are constant texts of the charms.
            told |= {"spec": json.dumps(told["spec"], sort_keys=True)}
        found |= _flat(f"{key[0]}/{key[1]}", told)
    for unit in world.model.units:
        found[f"{unit.name} status"] = str(unit.status)
        found[f"{unit.name} ports"] = sorted(str(port) for port in unit.ports)
        for name, container in unit.containers.items():
            running = sorted(key for key, value in container.service_statuses.items() if value.value == "active")
            if not running:
                # Whether a former leader's program was stopped or never started makes no difference.
                continue
            found |= _flat(f"{unit.name} {name}", container.plan.to_dict())
            found[f"{unit.name} {name} services"] = running
            for path, file in unit.files.get(name, {}).items():
                found[f"{unit.name} {name} {path}"] = file.text
    for relation in world.model.relations.values():
        ends = " ".join(":".join(end) for end in relation.ends)
        for application, data in relation.application_data.items():
            found |= _flat(f"{ends} {application}", data)
    for secret in world.model.secrets.values():
        found[f"secret {secret.owner}/{secret.label}"] = sorted(secret.revisions[-1])
    words = _secret_words(world)
    return {_masked(key, words, world): _masked_value(value, words, world) for key, value in found.items()}


def made(world: World) -> dict[Key, Object]:
    """Return the objects that are there because of a model: new ones, and CRDs of its charms."""
    charms = {item.charm for item in world.bundle.applications.values()}
    return {
        key: item
        for key, item in world.kubernetes.objects().items()
        if (key not in world.baseline or key[0] == CRDS)
        and (key[0] != CRDS or (item["metadata"].get("labels") or {}).get(CHARM) in charms)
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return in what two outcomes differ."""
    return [
        f"{key}: {one.get(key, 'missing')!r}, and elsewhere {other.get(key, 'missing')!r}"
        for key in sorted(one.keys() | other.keys())
        if one.get(key, "missing") != other.get(key, "missing")
    ]


def active(world: World) -> bool:
    """Tell whether all units are active, or well without."""
    return all(unit.well for unit in world.model.units)


def _object(item: Object) -> Object:
    metadata = {key: value for key, value in item["metadata"].items() if key not in VOLATILE}
    metadata["managers"] = sorted({entry["manager"] for entry in item["metadata"].get("managedFields", [])})
    found = {key: value for key, value in item.items() if key != "status"} | {"metadata": metadata}
    if item["kind"] == "Secret":
        found["data"] = sorted(item.get("data") or {})
    if item["kind"] == "StatefulSet":
        found["spec"] = _ordered(item["spec"])
    annotations = dict(metadata.get("annotations") or {})
    if ANNOTATION in annotations:
        digest, objects, *_ = json.loads(annotations[ANNOTATION])
        annotations[ANNOTATION] = f"{'' if digest else 'no '}digest, {json.dumps(objects)}"
        # The marks tell owners by their identifiers, which each model has of its own.
        annotations[MARKS] = f"of {len(json.loads(annotations[MARKS]))} objects"
        metadata["annotations"] = annotations
    return found


def _ordered(spec: Object) -> Object:
    """Return a StatefulSet's specification with its containers by name: their order is Juju's, and stays as it was."""
    pod = spec["template"]["spec"]
    containers = sorted(pod["containers"], key=lambda item: item["name"])
    return {**spec, "template": {**spec["template"], "spec": {**pod, "containers": containers}}}


def _flat(path: str, value: Any) -> Outcome:
    """Return the leaves of a tree by their paths."""
    if isinstance(value, Mapping) and value:
        found: Outcome = {}
        for key, item in value.items():
            found |= {f"{path}.{key}": "assigned"} if key in ASSIGNED else _flat(f"{path}.{key}", item)
        return found
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        found = {}
        for number, item in enumerate(value):
            found |= _flat(f"{path}[{number}]", item)
        return found
    return {path: value}


def _secret_words(world: World) -> dict[str, str]:
    """Return what stands for each secret's values, however they are written, the longest first."""
    words: dict[str, str] = {}
    for secret in sorted(world.model.secrets.values(), key=str):
        for key, value in sorted(secret.revisions[-1].items()):
            for form in forms(value) if random(value) else ():
                words.setdefault(form, f"<{secret}.{key}>")
    return dict(sorted(words.items(), key=lambda pair: -len(pair[0])))


def random(value: str) -> bool:
    """Tell whether a secret's value is one that nobody could guess, and not a name, an address or a date."""
    return "-----BEGIN" in value or (len(value) >= SHORTEST and not PLAIN.fullmatch(value))


def forms(value: str) -> Iterator[str]:
    """Yield how a value may be written: as it is, in JSON, in base64."""
    yield value
    yield json.dumps(value)[1:-1]
    yield base64.b64encode(value.encode()).decode()


def _masked(text: str, words: Mapping[str, str], world: World) -> str:
    for word, stands in words.items():
        text = text.replace(word, stands)
    for pattern, stands in PATTERNS:
        text = pattern.sub(stands, text)
    return text.replace(world.model.name, "MODEL").replace(world.model.uuid, "UUID")


def _masked_value(value: Any, words: Mapping[str, str], world: World) -> Any:
    if isinstance(value, str):
        return _masked(value, words, world)
    if isinstance(value, list):
        return [_masked_value(item, words, world) for item in value]
    return value
