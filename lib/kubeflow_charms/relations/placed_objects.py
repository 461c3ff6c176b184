"""Objects for the namespaces of users, as they are sent and read over `kubernetes_manifest`."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import msgspec
import ops
from msgspec import Meta

from ..interfaces.kubernetes_manifest import Manifests
from ..interfaces.wire import field
from .codecs import convert, document
from .secrets import Secrets

KEY = "manifests"


KEYS = "keys"


NOTHING: Mapping[str, str] = {}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an application wants in users' namespaces, as it is read.

    Attributes:
        objects: what to place.
        selector: the labels that a namespace needs.
        takes_over: the annotations of an earlier maker's objects.
        keys: from which texts are made that differ from namespace to namespace, by name.
    """

    objects: list[dict[str, Any]]
    selector: dict[str, str] = {}
    takes_over: dict[str, str] = {}
    keys: dict[str, str] = {}


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What tells an object from others of its kind; both names go into URLs."""

    name: Annotated[str, Meta(pattern=r"^[^/?#%]+$")]
    namespace: Annotated[str, Meta(pattern=r"^[^/?#%]+$")] | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class Identified(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every object has."""

    api_version: str
    kind: str
    metadata: Metadata


def plain(objects: Iterable[Any], *, selector: Mapping[str, str] = NOTHING) -> Manifests:
    """Return what sends objects that anybody may read, PodDefaults say.

    Args:
        objects: what to send.
        selector: the labels that a profile's namespace needs to get them.

    Raises:
        ValueError: one is a Secret, which `in_secret` is for.
    """
    found = list(objects)
    if any(item["kind"] == "Secret" for item in found):
        raise ValueError("a databag is no place for a Secret, send it with in_secret")
    return Manifests(kubernetes_manifests=_text(found), namespace_selector=_labels(selector))


def in_secret(
    objects: Iterable[Any],
    relation: ops.Relation,
    *,
    secrets: Secrets,
    label: str,
    selector: Mapping[str, str] = NOTHING,
    takes_over: Mapping[str, str] = NOTHING,
    keys: Mapping[str, str] = NOTHING,
) -> Manifests:
    """Return what sends objects inside a Juju secret, or that there are none; for the leader, as in `send_each`.

    Args:
        objects: what to send.
        relation: to whom.
        secrets: the application's own.
        label: of the secret that is made, the same for every relation that gets these objects.
        selector: the labels that a profile's namespace needs to get them.
        takes_over: annotations that objects of an earlier maker have; an object must have all of them.
        keys: what `{{ DIGEST key }}` and the like in the objects' texts are made from, by name.
    """
    found = list(objects)
    if not found:
        secrets.remove(label)
        return plain([])
    content = {KEY: _text(found), **({KEYS: _labels(keys)} if keys else {})}
    secrets.ensure(label, lambda: content, lambda had: had == content)
    return Manifests(
        kubernetes_manifests=secrets.share(label, relation),
        is_secret=True,
        namespace_selector=_labels(selector),
        takes_over=_labels(takes_over),
    )


def wish(sent: Manifests, read: Callable[[str], dict[str, str]]) -> Wish:
    """Return what an application wants in users' namespaces.

    Args:
        sent: what it wrote.
        read: returns the content of a Juju secret by its identifier, as `Secrets.granted` does.

    Raises:
        ValueError: the secret lacks them, or they are no list of objects with apiVersion, kind and a name.
        Waiting: the secret is not granted yet.
    """
    content = read(sent.kubernetes_manifests) if sent.is_secret else {KEY: sent.kubernetes_manifests}
    found = document(field(content, KEY))
    try:
        convert(found, list[Identified])
    except ValueError as error:
        raise ValueError(
            f"kubernetes_manifests lists no objects with apiVersion, kind and metadata.name: {error}"
        ) from error
    return Wish(
        objects=found,
        selector=_read("namespace_selector", sent.namespace_selector),
        takes_over=_read("takes_over", sent.takes_over),
        keys=_read(KEYS, content.get(KEYS, "")),
    )


def _labels(found: Mapping[str, str]) -> str:
    return json.dumps(dict(found), sort_keys=True) if found else ""


def _read(name: str, text: str) -> dict[str, str]:
    try:
        return convert(document(text or "{}"), dict[str, str])
    except ValueError as error:
        raise ValueError(f"{name} is no mapping of texts") from error


def _text(objects: Iterable[Any]) -> str:
    return json.dumps(list(objects), sort_keys=True)
