"""The user of Dex's password database."""

import dataclasses
import uuid

from dex_options import DexOptions
from kubeflow_charms.secrets import Secrets, password


@dataclasses.dataclass(frozen=True)
class StaticUser:
    """The user of the password database.

    Attributes:
        name: what she types to log in.
        password_hash: bcrypt's.
        identifier: a UUID that stays the same for good.
    """

    name: str
    password_hash: str
    identifier: str


def static_user(options: DexOptions, secrets: Secrets) -> StaticUser | None:
    """Return the user, with the same hash until her password changes; None if the password database is off.

    Raises:
        Waiting: the leader has not made her password or its hash yet.
    """
    if not options.enable_password_db:
        return None
    word = current_password(options, secrets)
    return StaticUser(
        name=options.username,
        password_hash=secrets.derived("admin-hash", word, lambda: hash_password(word)),
        identifier=_made(secrets)["identifier"],
    )


def current_password(options: DexOptions, secrets: Secrets) -> str:
    """Return the password that was given, or else the generated one.

    Raises:
        Waiting: the leader has not made one yet.
    """
    return options.password or _made(secrets)["password"]


def hash_password(word: str) -> str:
    """Return bcrypt's salted hash of a password, which it reads no further than 72 bytes."""
    import bcrypt

    return bcrypt.hashpw(word.encode()[:72], bcrypt.gensalt(10)).decode()


def _made(secrets: Secrets) -> dict[str, str]:
    """Return what is made once and kept: a password, and the user's identifier whatever her password is."""
    return secrets.ensure("admin", lambda: {"password": password(), "identifier": str(uuid.uuid4())})
