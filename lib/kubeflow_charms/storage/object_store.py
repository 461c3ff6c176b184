"""An object store that speaks Amazon's S3, whichever interface tells where it is.

Nothing but Python's standard library, so that charms' small programs in pods may take this file along.
"""

import dataclasses

from ..networking import network

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
