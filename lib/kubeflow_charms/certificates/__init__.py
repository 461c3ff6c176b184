"""Certificates that the application makes for itself, kept in Juju secrets and renewed by the leader.

Only hooks which make or check a certificate import `signing`, and with it `cryptography`; when a certificate is due
is kept beside it as text.
"""

import base64
import dataclasses
import datetime
from collections.abc import Iterable

from ..relations.secrets import Content, Secrets

AUTHORITY_LIFE = datetime.timedelta(days=3650)
SERVER_LIFE = datetime.timedelta(days=365)
# Clocks of other machines may be behind.
LENIENCE = datetime.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate authority.

    Attributes:
        certificate: PEM.
        key: its private key, PEM (PKCS 8).
    """

    certificate: str
    key: str


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What a server needs.

    Attributes:
        certificate: PEM, with the intermediate authorities after it, if there are any.
        key: its private key, PEM (PKCS 8).
        authority: PEM of the authority that clients should trust.
    """

    certificate: str
    key: str
    authority: str


def bundle(authority: str) -> str:
    """Return the PEM of an authority as a webhook's configuration has it in `caBundle`."""
    return base64.b64encode(authority.encode()).decode()


def authority(secrets: Secrets, label: str = "certificate-authority", *, common_name: str) -> Authority:
    """Return the application's own certificate authority, valid for ten years.

    The leader makes it once. With less than a third of its life left it gets a new certificate for the same name
    and the same key: all that it ever signed, and all who trust either certificate, go on undisturbed.

    Args:
        secrets: of the application.
        label: of the Juju secret that holds it.
        common_name: names it to people, at most 64 characters.

    Raises:
        Waiting: the leader has not made it yet.
    """

    def make() -> Content:
        from . import signing

        key = (secrets.peek(label) or {}).get("key") or signing.new_key()
        certificate = signing.authority_certificate(common_name, key, now(), AUTHORITY_LIFE)
        return {"certificate": certificate, "key": key, **dates(certificate)}

    content = secrets.ensure(label, make, lambda had: not due(had))
    return Authority(content["certificate"], content["key"])


def server_certificate(secrets: Secrets, label: str, authority: Authority, names: Iterable[str]) -> Certificate:
    """Return a server's certificate, valid for a year, that the leader makes and renews with a new key.

    It is renewed when the names or the authority change, or less than a third of its life is left.

    Args:
        secrets: of the application.
        label: of the Juju secret that holds it.
        authority: signs it.
        names: DNS names and IP addresses of the server, the principal one first.

    Raises:
        Waiting: the leader has not made it yet.
    """
    wanted = tuple(names)
    fixed = {"names": " ".join(wanted), "authority": authority.certificate}

    def make() -> Content:
        from . import signing

        key = signing.new_key()
        made = signing.server_certificate(wanted, key, authority.certificate, authority.key, now(), SERVER_LIFE)
        return {"certificate": made, "key": key, **fixed, **dates(made)}

    content = secrets.ensure(label, make, lambda had: had.items() >= fixed.items() and not due(had))
    return Certificate(content["certificate"], content["key"], content["authority"])


def due(content: Content) -> bool:
    """Tell whether the certificate of a secret with `dates` has less than a third of its life left.

    So is one whose life has not begun: it was made while a clock was ahead.
    """
    renewal, end = (datetime.datetime.fromisoformat(content[key]) for key in ("renew-after", "expires"))
    start = renewal - 2 * (end - renewal)
    return not start - LENIENCE <= now() <= renewal


def expired(content: Content) -> str:
    """Return the day on which the certificate of a secret with `dates` expired; empty if it has not."""
    end = datetime.datetime.fromisoformat(content["expires"])
    return f"{end:%Y-%m-%d}" if end < now() else ""


def dates(certificate: str) -> Content:
    """Return what a secret says of a certificate's life, so that it needs no parsing: two times in ISO format."""
    from . import signing

    loaded = signing.load(certificate)
    life = loaded.not_valid_after_utc - loaded.not_valid_before_utc
    renewal = loaded.not_valid_before_utc + life * 2 / 3
    return {"expires": loaded.not_valid_after_utc.isoformat(), "renew-after": renewal.isoformat()}


def check_pair(certificate: str, key: str) -> None:
    """Check a certificate and key that somebody gave: that they belong together, and are valid now.

    Args:
        certificate: PEM, with the server's own certificate first.
        key: PEM, without a password.

    Raises:
        ValueError: one of them is no PEM, they do not belong together, or the certificate is not valid now.
    """
    check_match(certificate, key)
    check_life(certificate)


def check_match(certificate: str, key: str) -> None:
    """Check that a certificate and a key belong together; see `check_pair`.

    Raises:
        ValueError: one of them is no PEM, or they do not.
    """
    from . import signing

    if not signing.belongs(key, certificate):
        raise ValueError("the key does not belong to the certificate, expected those made together")


def check_life(certificate: str) -> None:
    """Check that a certificate is valid now.

    Raises:
        ValueError: it is no PEM, has expired, or is not valid yet.
    """
    from . import signing

    leaf = signing.load(certificate)
    if leaf.not_valid_after_utc < now():
        raise ValueError(f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}, expected a valid one")
    if leaf.not_valid_before_utc > now() + LENIENCE:
        raise ValueError(f"the certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d}")


def expires(certificate: str) -> datetime.datetime:
    """Return when the first certificate of a PEM text expires, in UTC.

    Raises:
        ValueError: the text holds no certificate.
    """
    from . import signing

    return signing.load(certificate).not_valid_after_utc


def now() -> datetime.datetime:
    """Return the time, in UTC."""
    return datetime.datetime.now(datetime.UTC)
