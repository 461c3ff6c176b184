"""The options of oidc-gatekeeper."""

import dataclasses
import re
from collections.abc import Callable

from kubeflow_charms import option
from kubeflow_charms.configuration import options

ALWAYS_OPEN = "/dex/"
ONE_YEAR = 366 * 24


def matching(expression: str, expected: str) -> Callable[[str | None], str]:
    """Make a parser that accepts what matches a regular expression.

    Args:
        expression: for the whole value.
        expected: says the same in words.
    """

    def parse(value: str | None) -> str:
        text = (value or "").strip()
        if not re.fullmatch(expression, text):
            raise ValueError(f"{text!r} cannot be used, expected {expected}")
        return text

    return parse


def scopes(value: str | None) -> tuple[str, ...]:
    """Accept OpenID Connect scopes, openid among them whether it was said or not."""
    words = options.words(value)
    for word in words:
        if not re.fullmatch(r"[A-Za-z0-9_.:/-]+", word):
            raise ValueError(f"{word!r} is no scope, expected for example: profile email groups")
    return tuple(dict.fromkeys(("openid", *words)))


def open_paths(value: str | None) -> tuple[str, ...]:
    """Accept paths that need no log-in, and add the issuer's own.

    Raises:
        ValueError: one is no plain path, or would open everything.
    """
    paths = options.words(value)
    for path in paths:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} does not begin with /, expected for example /public,/healthz")
        if not path.strip("/"):
            raise ValueError(f"{path!r} would let everybody in everywhere, expected for example /public")
        if not re.fullmatch(r"[A-Za-z0-9._~/-]+", path) or {"", ".", ".."} & set(path.strip("/").split("/")):
            raise ValueError(f"{path!r} is no plain path, expected letters, digits and . _ ~ - between slashes")
    return tuple(dict.fromkeys((ALWAYS_OPEN, *paths)))


def certificates(value: str | None) -> str:
    """Accept nothing, or certificates in PEM."""
    text = (value or "").strip()
    if not text:
        return ""
    import ssl

    plain = text.encode("ascii", "ignore").decode()  # a comment may hold anything
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=plain)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError("no certificate can be read, expected PEM, as ca-bundle=@FILE passes it") from error
    return text + "\n"


def hours(value: int) -> int:
    """Accept from an hour to a year."""
    if not 1 <= value <= ONE_YEAR:
        raise ValueError(f"{value} is out of range, expected 1 to {ONE_YEAR}")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class GatekeeperOptions:
    """The options, as charmcraft.yaml describes them."""

    public_url: str = option(options.origin)
    client_id: str = option(matching(r"[A-Za-z0-9_.-]+", "letters, digits and . _ -, such as authservice-oidc"))
    client_name: str = option(matching(r".+", "a name, such as Kubeflow"))
    client_secret: dict[str, str] | None = option(options.SecretKeys(required=("client-secret",)))
    oidc_scopes: tuple[str, ...] = option(scopes)
    userid_claim: str = option(matching(r"[A-Za-z0-9_.:/-]+", "a claim's name, such as email"))
    ca_bundle: str = option(certificates)
    skip_auth_urls: tuple[str, ...] = option(open_paths)
    session_hours: int = option(hours)
    memory: str = option(options.quantity)
