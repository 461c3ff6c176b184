"""What a provider of `s3` answers; see `s3`."""

from collections.abc import Callable

import msgspec

from ..storage import store_address
from ..storage.object_store import Store
from .wire import field

KEYS = ("access-key", "secret-key")


class Connection(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a provider answers.

    Attributes:
        lib_version: of the format; empty from a v0 provider.
        secret_extra, access_key, secret_key: a Juju secret's identifier, or the login in plain text.
        endpoint: URL of the store; empty for Amazon's own.
        bucket: the one to use; empty if any may be.
        region: of the bucket.
        path: below which to keep objects.
        s3_uri_style: `path` or `host`: where the bucket's name goes in a URL.
        s3_api_version, storage_class: how requests are signed, and what objects cost; the usual ones alone.
        tls_ca_chain: certificates in PEM that the store is to be trusted by.
        profile_logins: identifier of the Juju secret whose key `seed` gives the login of each profile (see
            `profile_logins`), granted to consumers that asked for it; of ours, others pass over it.
    """

    lib_version: str = ""
    secret_extra: str = ""
    access_key: str = ""
    secret_key: str = ""
    endpoint: str = ""
    bucket: str = ""
    region: str = ""
    path: str = ""
    s3_uri_style: str = ""
    s3_api_version: str = ""
    storage_class: str = ""
    tls_ca_chain: tuple[str, ...] = ()
    profile_logins: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be passed over: Argo's client, and ours, name buckets in the path, but for Amazon's own."""
        amazon = store_address.parse(self.endpoint, self.region).amazon
        styles = ("path", *(("host", "virtual") if amazon else ()))
        for key, value, known in (
            ("s3-uri-style", self.s3_uri_style, styles),
            ("s3-api-version", self.s3_api_version, ("s3v4", "v4", "4")),
            ("storage-class", self.storage_class, ("standard",)),
        ):
            if value and value.lower() not in known:
                raise ValueError(f"{key} {value!r} is not supported here, expected {known[0]}")

    def store(self, read: Callable[[str], dict[str, str]], *, profiles: bool = False) -> Store:
        """Return the store with its login in plain text.

        Args:
            read: returns the content of a Juju secret by its identifier.
            profiles: whether to tell what profiles' logins are derived from; for who asked for it.

        Raises:
            ValueError: the secret lacks a key of the login, or another the seed of profiles' logins.
        """
        login = read(self.secret_extra) if self.secret_extra else {KEYS[0]: self.access_key, KEYS[1]: self.secret_key}
        address = store_address.parse(self.endpoint, self.region)
        return Store(
            host=address.host,
            port=address.port,
            secure=address.secure,
            access_key=field(login, KEYS[0]),
            secret_key=field(login, KEYS[1]),
            bucket=self.bucket,
            region=self.region,
            path=self.path.strip("/"),
            authorities=self.tls_ca_chain,
            profile_seed=field(read(self.profile_logins), "seed") if profiles and self.profile_logins else "",
        )
