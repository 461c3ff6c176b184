"""The S3 login of a profile's namespace, derived from a seed that an object store and those it grants it to share.

Nothing but Python's standard library, and in a file of its own: charms' small programs in pods take this file along.
Who has the seed can say each login without asking; who has a login can say no other.
"""

import base64
import dataclasses
import hashlib
import hmac
import string

PREFIX = "KF"
"""Begins each access key, so that a store's other users are told from profiles' by their names."""

ACCESS_KEY_LENGTH, SECRET_KEY_LENGTH = 20, 40
"""As long as Amazon's own, which no client refuses."""

DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits


@dataclasses.dataclass(frozen=True)
class Login:
    """What a client signs its requests with."""

    access_key: str
    secret_key: str = dataclasses.field(repr=False)


def login(seed: str, namespace: str, uid: str) -> Login:
    """Return the login of a profile's namespace.

    Args:
        seed: random text that nobody can guess.
        namespace: the namespace's name.
        uid: its `metadata.uid`, so that a namespace made again under a name has another login.

    Returns:
        an access key of 20 characters of [A-Z2-7] that begins with KF, and a secret key of 40 of [A-Za-z0-9].
    """
    name = base64.b32encode(_derive(seed, f"access-key/{namespace}/{uid}")).decode()
    number = int.from_bytes(_derive(seed, f"secret-key/{namespace}/{uid}"), "big")
    digits: list[str] = []
    for _ in range(SECRET_KEY_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        digits.append(DIGITS[digit])
    return Login(PREFIX + name[: ACCESS_KEY_LENGTH - len(PREFIX)], "".join(digits))


def _derive(seed: str, subject: str) -> bytes:
    return hmac.new(seed.encode(), subject.encode(), hashlib.sha256).digest()
