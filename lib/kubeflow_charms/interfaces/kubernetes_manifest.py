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

import msgspec

from ..relations.codecs import Flat
from ..relations.endpoints import Interface


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


KUBERNETES_MANIFEST = Interface("kubernetes_manifest", requirer=Flat(Manifests))
