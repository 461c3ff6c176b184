"""`s3`: an application tells others where an object store is, which bucket to use, and how to log in.

Formats: the plain keys of the library `s3` v0 (s3-integrator 1), with both keys of the login in plain text; and those
of v1 (s3-integrator 2), where `secret-extra` is the identifier of a Juju secret with `access-key` and `secret-key`, for
consumers that ask for that in `requested-secrets`. Source: the libraries as published with s3-integrator. A consumer
of ours asks for the secret and needs three lines:

    bucket = Requires("s3", s3.S3)

    yield self.bucket.send(s3.Request(bucket="mlpipeline"))
    store = self.bucket.one(lambda said: said.store(self.secrets.granted))  # an object_store.Store
"""

import contextlib
import urllib.parse
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from ..configuration.store_options import BUCKET
from ..relations.codecs import Databag, Flat
from ..relations.endpoints import Interface
from ..storage.object_store import DEFAULT_REGION, Store
from .wire import field

KEYS = ("access-key", "secret-key")
VERSION = "1.0"
AMAZON = (".amazonaws.com", ".amazonaws.com.cn")


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a consumer asks for.

    Attributes:
        bucket: its wish, which the provider may pass over; a v0 provider answers nothing without one.
        path: below which it would keep its objects.
        lib_version: of the format; empty from a v0 consumer.
        requested_secrets: what it wants to read from a Juju secret; nothing from a v0 consumer.
        profile_logins: it hands out the logins of profiles, whose objects are in the bucket; others pass over it.
    """

    bucket: Annotated[str, Meta(pattern=rf"^({BUCKET})?$")] = ""
    path: str = ""
    lib_version: str = VERSION
    requested_secrets: tuple[str, ...] = KEYS
    profile_logins: bool | None = None


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
        host = _host(self.endpoint) if self.endpoint else AMAZON[0]
        styles = ("path", *(("host", "virtual") if host.endswith(AMAZON) else ()))
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
        parsed = _split(self.endpoint or f"https://s3.{self.region or DEFAULT_REGION}.amazonaws.com")
        secure = parsed.scheme == "https"
        return Store(
            host=parsed.hostname or "",
            port=parsed.port or (443 if secure else 80),
            secure=secure,
            access_key=field(login, KEYS[0]),
            secret_key=field(login, KEYS[1]),
            bucket=self.bucket,
            region=self.region,
            path=self.path.strip("/"),
            authorities=self.tls_ca_chain,
            profile_seed=field(read(self.profile_logins), "seed") if profiles and self.profile_logins else "",
        )


class RequestCodec(Flat[Request]):
    """The consumer's side."""

    def decode(self, databag: Databag) -> Request | None:
        """Return what it asks for; None until it asks for a bucket or names its version."""
        if not databag.keys() & {"bucket", "lib-version"}:
            return None
        unsaid = {"lib-version": "", "requested-secrets": "[]"}
        return super().decode({**unsaid, **databag})


class ConnectionCodec(Flat[Connection]):
    """The provider's side."""

    def decode(self, databag: Databag) -> Connection | None:
        """Return the connection; None until there is a login."""
        plain = all(databag.get(key) for key in KEYS)
        return super().decode(databag) if plain or databag.get("secret-extra") else None


def _host(endpoint: str) -> str:
    with contextlib.suppress(ValueError):  # of a port beyond 65535, or half an IPv6 address
        parsed = _split(endpoint)
        more = parsed.path.strip("/") or parsed.query or parsed.fragment or parsed.username
        if parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0 and not more:
            return f".{parsed.hostname}"
    raise ValueError("what it names is no endpoint, expected a URL without a path such as https://s3.example.com")


def _split(endpoint: str) -> urllib.parse.SplitResult:
    """Split a URL; published providers take a host name without a scheme, which speaks https."""
    return urllib.parse.urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")


S3 = Interface("s3", provider=ConnectionCodec(Connection), requirer=RequestCodec(Request))
