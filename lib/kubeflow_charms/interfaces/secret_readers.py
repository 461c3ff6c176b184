"""The side that reads a password in one of the versioned interfaces, and says whether it can as a Juju secret.

The published format holds passwords in plain text. Who can read Juju secrets says so with `secrets: true` beside its
versions, which published charms pass over; then the other side sends a secret's identifier, granted to the relation.
"""

import dataclasses
import json

import msgspec

from ..codecs import Databag


class Reader(msgspec.Struct, frozen=True):
    """What the reading side says of itself.

    Attributes:
        secrets: it reads Juju secrets.
    """

    secrets: bool = False


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
        return Reader(databag.get("secrets") == "true")

    def encode(self, data: Reader | None, remote: Databag) -> dict[str, str]:
        """Return versions and abilities."""
        said = {"_supported_versions": json.dumps(list(self.versions))}
        return {**said, "secrets": "true"} if data and data.secrets else said
