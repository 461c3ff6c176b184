"""The object store that an application is related to, over one of two interfaces."""

from ..engine.problems import Blocked
from ..relations.endpoints import BoundEndpoint
from ..relations.secrets import Secrets
from .object_store import Store


def related(object_storage: BoundEndpoint, s3: BoundEndpoint, secrets: Secrets, *, profiles: bool = False) -> Store:
    """Return the object store that one of two endpoints is related to.

    Args:
        object_storage: of the interface `object-storage`; say `Reader(secrets=True, buckets=...)` on it.
        s3: of the interface `s3`; say `Request(bucket=...)` on it.
        secrets: of the application.
        profiles: whether it hands out the logins of profiles; say so in `Reader` and `Request`, too.

    Raises:
        Blocked: both are related, or none.
        Waiting: the store says nothing yet, or its secret is not granted yet.
    """
    application = object_storage.model.app.name
    if object_storage.relations and s3.relations:
        raise Blocked(
            f"relations {object_storage.name} and {s3.name} both name an object store, run: "
            f"juju remove-relation {application}:{s3.name} {s3.relations[0].app.name}"
        )
    if not object_storage.relations and not s3.relations:
        raise Blocked(f"needs an object store, run: juju integrate {application}:{object_storage.name} seaweedfs")
    return (object_storage if object_storage.relations else s3).one(
        lambda said: said.store(secrets.granted, profiles=profiles)
    )
