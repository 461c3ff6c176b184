"""The users of Dex's password database: the administrator, and those whom actions added."""

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Sequence

from dex_options import DexOptions
from kubeflow_charms import Blocked
from kubeflow_charms.relations.secrets import Content, Secrets, password

ADDED = "users"
"""The label of the secret that keeps those whom actions added, a key for each."""
MOST = 250
"""So many of them a secret takes, which Juju lets have 64 KiB."""


@dataclasses.dataclass(frozen=True)
class StaticUser:
    """A user of the password database.

    Attributes:
        name: what she types to log in.
        password_hash: bcrypt's.
        identifier: a UUID that stays the same for good.
    """

    name: str
    password_hash: str
    identifier: str


def static_users(options: DexOptions, secrets: Secrets) -> tuple[StaticUser, ...]:
    """Return all users; none if the password database is off.

    Whoever has the administrator's name is the administrator.

    Raises:
        Waiting: the leader has not made the administrator's password or its hash yet.
    """
    first = static_user(options, secrets)
    if first is None:
        return ()
    return (first, *(user for user in added(secrets) if user.name.casefold() != first.name.casefold()))


def added(secrets: Secrets) -> tuple[StaticUser, ...]:
    """Return those whom actions added, by name."""
    kept = secrets.peek(ADDED) or {}
    users = (StaticUser(**json.loads(text)) for key, text in kept.items() if key.startswith("user-"))
    return tuple(sorted(users, key=lambda user: user.name))


def add(secrets: Secrets, name: str, word: str) -> bool:
    """Let somebody log in with a password, or with another one; tell whether she is new. For the leader.

    Raises:
        Blocked: there are too many.
    """
    kept, key = dict(secrets.peek(ADDED) or {}), _key(name)
    known = json.loads(kept[key]) if key in kept else {}
    if not known and len(kept) > MOST:
        raise Blocked(f"there are {MOST} users already, as many as fit; others had better come from a connector")
    user = StaticUser(name, hash_password(word), known.get("identifier") or str(uuid.uuid4()))
    _keep(secrets, {**kept, key: json.dumps(dataclasses.asdict(user))})
    return not known


def remove(secrets: Secrets, name: str) -> None:
    """Let somebody whom an action added log in no longer. For the leader.

    Raises:
        Blocked: there is no such user.
    """
    kept = dict(secrets.peek(ADDED) or {})
    if kept.pop(_key(name), None) is None:
        raise Blocked(f"no action added a user {name}; list-users shows whom there are")
    _keep(secrets, kept)


def names(users: Sequence[StaticUser]) -> str:
    """Return the names, a line each."""
    return "\n".join(user.name for user in users)


def static_user(options: DexOptions, secrets: Secrets) -> StaticUser | None:
    """Return the administrator, with the same hash until her password changes; None if the password database is off.

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


def _key(name: str) -> str:
    # Dex looks for names without regard to capitals; a secret's keys have small letters, digits and hyphens alone.
    return f"user-{hashlib.sha256(name.casefold().encode()).hexdigest()[:16]}"


def _keep(secrets: Secrets, content: Content) -> None:
    # A secret is never empty, and with the last user it is not to be forgotten: another unit would read the one before.
    whole = {**content, "kind": ADDED}
    secrets.ensure(ADDED, lambda: whole, lambda had: had == whole)


def _made(secrets: Secrets) -> dict[str, str]:
    """Return what is made once and kept: a password, and the user's identifier whatever her password is."""
    return secrets.ensure("admin", lambda: {"password": password(), "identifier": str(uuid.uuid4())})
