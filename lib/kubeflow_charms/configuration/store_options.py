"""What options of charms have in common that run an object store or use one."""

import re

from ..certificates import Certificate

BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
"""A bucket's name by Amazon's rules, as a regular expression."""


def bucket(value: str | None) -> str:
    """Accept the name of a bucket."""
    text = (value or "").strip()
    if not re.fullmatch(BUCKET, text):
        raise ValueError(f"{text!r} is no bucket's name, expected 3 to 63 small letters, digits, dots and hyphens")
    return text


def certificate(ssl_cert: str, ssl_key: str, ssl_ca: str) -> Certificate | None:
    """Return what the options ssl-cert, ssl-key and ssl-ca say, each PEM or empty; None for plain http.

    Raises:
        ValueError: one is there without another that it needs.
    """
    if bool(ssl_cert) != bool(ssl_key):
        raise ValueError("options ssl-cert, ssl-key: one without the other, expected both or none")
    if ssl_ca and not ssl_cert:
        raise ValueError("option ssl-ca: set without ssl-cert, expected both")
    return Certificate(ssl_cert, ssl_key, ssl_ca) if ssl_cert else None
