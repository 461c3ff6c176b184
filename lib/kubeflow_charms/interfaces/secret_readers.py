"""The side that reads a password in one of the versioned interfaces, and says whether it can as a Juju secret.

The published format holds passwords in plain text. Who can read Juju secrets says so with `secrets: true` beside its
versions, which published charms pass over; then the other side sends a secret's identifier, granted to the relation.
A reader of an object store says beside that which buckets it uses, as JSON, and `profile-logins: true` if it hands out
the logins of profiles (see `profile_logins`), whose objects are in these buckets.
"""

import dataclasses
import json

import msgspec

from ..relations.codecs import Databag, convert, document


class Reader(msgspec.Struct, frozen=True, rename="kebab"):
    """What the reading side says of itself.

    Attributes:
        secrets: it reads Juju secrets.
        buckets: of an object store, that it uses; None if it does not say.
        profile_logins: it hands out the logins of profiles, whose objects are in these buckets.
    """

    secrets: bool = False
    buckets: tuple[str, ...] | None = None
    profile_logins: bool = False


@dataclasses.dataclass(frozen=True)
class ReaderCodec:
    """The versions that it speaks, and whether it reads Juju secrets.

    Attributes:
        versions: of the interface.
    """

    versions: tuple[str, ...] = ("v1",)

    def decode(self, databag: Databag) -> Reader | None:
        """Return what the reader can do; None until it wrote its versions."""
        if "_supported_versions" not in databag:
            return None
        said = databag.get("buckets")
        return Reader(
            secrets=databag.get("secrets") == "true",
            buckets=None if said is None else convert(document(said), tuple[str, ...]),
            profile_logins=databag.get("profile-logins") == "true",
        )

    def encode(self, data: Reader | None, remote: Databag) -> dict[str, str]:
        """Return versions and abilities."""
        said = {"_supported_versions": json.dumps(list(self.versions))}
        if data and data.secrets:
            said["secrets"] = "true"
        if data and data.buckets is not None:
            said["buckets"] = json.dumps(list(data.buckets))
        if data and data.profile_logins:
            said["profile-logins"] = "true"
        return said
