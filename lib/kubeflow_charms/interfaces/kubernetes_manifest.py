"""`kubernetes_manifest`: an application asks for objects in the namespace of every user.

Format: the key `kubernetes_manifests` holds a JSON list of objects; or with `is_secret` as `true` the identifier of a
Juju secret, granted to the relation, whose key `manifests` holds that list. So the library `kubernetes_manifests` v0
published with resource-dispatcher writes it; its reader takes both forms, and earlier ones the first only. Who reads
answers nothing. An object with a namespace is for that one alone, and goes before one of the same name without.

Three things are ours, which a published reader passes over: `namespace_selector`, labels that a profile's namespace
needs to get the objects; `takes_over`, annotations that tell objects of an earlier maker, which the reader goes on
with; and `keys` in the Juju secret, from which the reader makes what differs from namespace to namespace. In a text of
an object, `{{ NAMESPACE }}` stands for the namespace's name, `{{ DIGEST key }}` for a digest of that name under a key,
and `{{ ACCESS_KEY key }}` and `{{ SECRET_KEY key }}` for the namespace's login at an object store (`profile_logins`).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import msgspec
import ops
from msgspec import Meta

from ..codecs import Flat, convert, document
from ..endpoints import Interface
from ..secrets import Secrets
from .wire import field

KEY = "manifests"
KEYS = "keys"
NOTHING: Mapping[str, str] = {}


class Manifests(msgspec.Struct, frozen=True, kw_only=True):
    """What the sending application, the requirer, writes.

    Attributes:
        kubernetes_manifests: a JSON list of objects, or the identifier of a Juju secret.
        is_secret: which of the two.
        namespace_selector: JSON of the labels that a namespace needs beside those of every profile; empty for none.
        takes_over: JSON of the annotations of an earlier maker's objects; empty for none.
    """

    kubernetes_manifests: str
    is_secret: bool = False
    namespace_selector: str = ""
    takes_over: str = ""


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


KUBERNETES_MANIFEST = Interface("kubernetes_manifest", requirer=Flat(Manifests))


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
            f"kubernetes_manifests is no list of objects with apiVersion, kind and metadata.name: {error}"
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
