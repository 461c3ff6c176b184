"""Which related application gets which login, and for which buckets: pure functions of what they say."""

import dataclasses
import re

from kubeflow_charms.configuration.store_options import BUCKET
from kubeflow_charms.interfaces import s3
from kubeflow_charms.interfaces.secret_readers import Reader
from kubeflow_charms.storage.profile_logins import Login


@dataclasses.dataclass(frozen=True)
class User:
    """A related application in the store.

    Attributes:
        name: of its user, and of its policy.
        logins: that it may have, the newest first.
        buckets: that are its own, or that it shares.
        profiles: whether profiles have folders in these buckets.
    """

    name: str
    logins: tuple[Login, ...]
    buckets: tuple[str, ...]
    profiles: bool = False


def checked(said: Reader) -> Reader:
    """Return what a consumer over object-storage says.

    Raises:
        ValueError: it names what is no bucket.
    """
    if bad := next((name for name in said.buckets or () if not re.fullmatch(BUCKET, name)), None):
        raise ValueError(f"{bad!r} is no bucket's name")
    return said


def buckets_of_reader(said: Reader, application: str, common: tuple[str, ...]) -> tuple[str, ...]:
    """Return the buckets of a consumer over object-storage.

    Args:
        said: what it says; published charms do not say which buckets they use.
        application: its name.
        common: the buckets of those that do not say.
    """
    if said.buckets is not None:
        return said.buckets
    own = (application,) if re.fullmatch(BUCKET, application) else ()
    return tuple(dict.fromkeys((*common, *own)))


def buckets_of_request(said: s3.Request) -> tuple[str, ...]:
    """Return the buckets of a consumer over s3: the one that it asks for."""
    return (said.bucket,) if said.bucket else ()
