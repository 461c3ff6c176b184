"""`kubernetes_manifest`: an application asks for objects in the namespace of every user.

Format: the key `kubernetes_manifests` holds a JSON list of objects; or with `is_secret` as `true` the identifier of a
Juju secret, granted to the relation, whose key `manifests` holds that list. So the library `kubernetes_manifests` v0
published with resource-dispatcher writes it; its reader takes both forms, and earlier ones the first only. Who reads
answers nothing. An object with a namespace is for that one alone, and goes before one of the same name without.
"""

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import msgspec
import ops
from msgspec import Meta

from ..codecs import Flat, convert, document
from ..endpoints import Interface
from ..secrets import Secrets
from .wire import field

KEY = "manifests"


class Manifests(msgspec.Struct, frozen=True, kw_only=True):
    """What the sending application, the requirer, writes.

    Attributes:
        kubernetes_manifests: a JSON list of objects, or the identifier of a Juju secret.
        is_secret: which of the two.
    """

    kubernetes_manifests: str
    is_secret: bool = False


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


def plain(objects: Iterable[Any]) -> Manifests:
    """Return what sends objects that anybody may read, PodDefaults say.

    Raises:
        ValueError: one is a Secret, which `in_secret` is for.
    """
    found = list(objects)
    if any(item["kind"] == "Secret" for item in found):
        raise ValueError("a databag is no place for a Secret, send it with in_secret")
    return Manifests(kubernetes_manifests=_text(found))


def in_secret(objects: Iterable[Any], relation: ops.Relation, *, secrets: Secrets, label: str) -> Manifests:
    """Return what sends objects inside a Juju secret; for the leader, as in `send_each`.

    Args:
        objects: what to send.
        relation: to whom.
        secrets: the application's own.
        label: of the secret that is made, the same for every relation that gets these objects.
    """
    content = {KEY: _text(objects)}
    secrets.ensure(label, lambda: content, lambda had: had == content)
    return Manifests(kubernetes_manifests=secrets.share(label, relation), is_secret=True)


def objects(sent: Manifests, read: Callable[[str], dict[str, str]]) -> list[dict[str, Any]]:
    """Return the objects that an application sent.

    Args:
        sent: what it wrote.
        read: returns the content of a Juju secret by its identifier, as `Secrets.granted` does.

    Raises:
        ValueError: the secret lacks them, or they are no list of objects with apiVersion, kind and a name.
        Waiting: the secret is not granted yet.
    """
    text = field(read(sent.kubernetes_manifests), KEY) if sent.is_secret else sent.kubernetes_manifests
    found = document(text)
    try:
        convert(found, list[Identified])
    except ValueError as error:
        raise ValueError(
            f"kubernetes_manifests is no list of objects with apiVersion, kind and metadata.name: {error}"
        ) from error
    return found


def _text(objects: Iterable[Any]) -> str:
    return json.dumps(list(objects), sort_keys=True)
