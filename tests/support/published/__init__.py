"""The libraries that published charms speak with, as writers and readers of databags."""

from typing import Any, Protocol

from ..goldens import Databag, Golden
from . import data_platform, keys, serialized, tls


class Library(Protocol):
    """Published code, or where the package index has none, what stands in its place."""

    def write(self, golden: Golden, remote: Databag) -> Databag | None:
        """Return what the library writes when it is told what the golden says; None if it does not write this side.

        Args:
            golden: what to write, and as which side.
            remote: what the other side, ours, wrote before.
        """
        ...

    def read(self, golden: Golden) -> Any:
        """Return what the library understands of a databag.

        Raises:
            Exception: it refuses the databag.
        """
        ...


LIBRARIES: dict[str, Library] = {
    "data-platform": data_platform.DataPlatform(),
    "keys": keys.Keys(),
    "serialized-data-interface": serialized.Serialized(),
    "tls-certificates": tls.Certificates(),
}
