"""`s3`: an application tells others where an object store is, which bucket to use, and how to log in.

Formats: the plain keys of the library `s3` v0 (s3-integrator 1), with both keys of the login in plain text; and those
of v1 (s3-integrator 2), where `secret-extra` is the identifier of a Juju secret with `access-key` and `secret-key`, for
consumers that ask for that in `requested-secrets`. Source: the libraries as published with s3-integrator. A consumer
of ours asks for the secret and needs three lines:

    bucket = Requires("s3", s3.S3)

    yield self.bucket.send(s3.Request(bucket="mlpipeline"))
    store = self.bucket.one(lambda said: said.store(self.secrets.granted))  # an object_store.Store
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from ..configuration.store_options import BUCKET
from ..relations.codecs import Databag, Flat
from ..relations.endpoints import Interface
from .s3_connection import KEYS, Connection

VERSION = "1.0"


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


S3 = Interface("s3", provider=ConnectionCodec(Connection), requirer=RequestCodec(Request))

__all__ = ["S3", "Connection", "Request"]
