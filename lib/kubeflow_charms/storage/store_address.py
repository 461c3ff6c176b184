"""Where an object store is, from the URL that an operator or a related application wrote."""

import dataclasses
import urllib.parse

from .object_store import DEFAULT_REGION

AMAZON = (".amazonaws.com", ".amazonaws.com.cn")


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoreAddress:
    """Where an object store answers; `secure` is whether it speaks https."""

    host: str
    port: int
    secure: bool

    @property
    def amazon(self) -> bool:
        """Whether it is Amazon's own."""
        return f".{self.host}".endswith(AMAZON)


def parse(endpoint: str, region: str) -> StoreAddress:
    """Return the address in a URL, or in a host name, which speaks https; without one that of Amazon in the region.

    Raises:
        ValueError: it is neither; the message does not repeat it, as it may hold a password.
    """
    text = endpoint or f"s3.{region or DEFAULT_REGION}.amazonaws.com"
    try:
        parsed = urllib.parse.urlsplit(text if "://" in text else f"https://{text}")
        port = parsed.port
    except ValueError:  # of a port beyond 65535, or half an IPv6 address
        parsed, port = urllib.parse.SplitResult("", "", "", "", ""), None
    more = parsed.path.strip("/") or parsed.query or parsed.fragment or parsed.username
    if parsed.scheme not in ("http", "https") or not parsed.hostname or port == 0 or more:
        raise ValueError("it names no endpoint, expected a URL without a path: https://s3.example.com")
    secure = parsed.scheme == "https"
    return StoreAddress(host=parsed.hostname, port=port or (443 if secure else 80), secure=secure)
