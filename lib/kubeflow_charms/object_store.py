"""An object store that speaks Amazon's S3, whichever interface tells where it is."""

import dataclasses

from . import network
from .endpoints import BoundEndpoint
from .problems import Blocked
from .secrets import Secrets

DEFAULT_REGION = "us-east-1"
"""What requests are signed with where nobody names a region; the oldest of Amazon's."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Store:
    """Where an object store is, and how to log in.

    Attributes:
        host: its name, without scheme and port.
        port: where it answers.
        secure: whether it speaks https.
        access_key, secret_key: the login.
        bucket: the one that the provider insists on; empty if any may be used.
        region: as requests are signed with; empty for what the client takes by default.
        path: below which the provider wants the objects in the bucket, without slashes at its ends.
        authorities: certificates in PEM that an https store is to be trusted by, beside the usual ones.
        profile_seed: what the login of each profile is derived from, see `profile_logins`; empty from a store that has
            none, where all profiles have this login.
    """

    host: str
    port: int
    secure: bool
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    bucket: str = ""
    region: str = ""
    path: str = ""
    authorities: tuple[str, ...] = ()
    profile_seed: str = dataclasses.field(default="", repr=False)

    @property
    def endpoint(self) -> str:
        """Host and port, as Argo and the Pipelines spell it."""
        return f"{network.in_url(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self.secure else 'http'}://{self.endpoint}"


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
